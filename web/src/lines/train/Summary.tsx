// What the run should take and cost, what it may cost at most, and how it is paid for.

import type { UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Estimated, InspectedDataset, Run, ShownCard } from "@/api/schema";
import { Amount, Button, Card, CardBody, CardHeader, cx, Field, Input, Notice, Problem, Skeleton } from "@/ui";
import { duration } from "@/ui/figures";
import type { Draft } from "./draft";
import { type BudgetFault, budgetOf } from "./order";
import { PaymentButton } from "./PaymentButton";
import type { Change } from "./Train";

type SummaryProps = {
  draft: Draft;
  change: Change;
  dataset: InspectedDataset | undefined;
  card: ShownCard | undefined;
  run: Run | undefined;
  estimate: UseQueryResult<Estimated>;
  /** Whether the estimate is of what is typed now. */
  settled: boolean;
};

export function Summary({ draft, change, dataset, card, run, estimate, settled }: SummaryProps) {
  const { t } = useTranslation(["train", "problems"]);
  const found = run === undefined ? undefined : estimate.data;
  return (
    <Card>
      <section aria-label={t("summary.title")}>
        <CardHeader title={t("summary.title")} />
        <CardBody className="grid gap-5">
          {run === undefined ? (
            <p className="text-sm text-ink-2">
              {dataset === undefined ? t("summary.noData") : card === undefined ? t("summary.noModel") : t("summary.wrong")}
            </p>
          ) : found !== undefined ? (
            <Found
              draft={draft}
              change={change}
              run={run}
              estimated={found}
              fresh={settled && !estimate.isPlaceholderData}
              error={estimate.isError ? estimate.error : null}
            />
          ) : estimate.isError ? (
            <Problem
              error={estimate.error}
              action={
                <Button size="sm" onClick={() => void estimate.refetch()}>
                  {t("problems:again")}
                </Button>
              }
            />
          ) : (
            <div className="grid gap-3">
              <Skeleton className="h-8 w-40" />
              <Skeleton className="h-4 w-56" />
              <Skeleton className="h-9 w-full" />
            </div>
          )}
        </CardBody>
      </section>
    </Card>
  );
}

type FoundProps = {
  draft: Draft;
  change: Change;
  run: Run;
  estimated: Estimated;
  fresh: boolean;
  error: unknown;
};

function Found({ draft, change, run, estimated, fresh, error }: FoundProps) {
  const { t, i18n } = useTranslation("train");
  const { estimate } = estimated;
  const budget = budgetOf(draft, estimated.budget_suggested);
  const fault: BudgetFault | undefined = typeof budget === "string" ? budget : undefined;
  const low = duration(estimate.seconds_min, i18n.language);
  const high = duration(estimate.seconds_max, i18n.language);
  return (
    <>
      <div className={cx("grid gap-1 transition-opacity", !fresh && "opacity-60")} aria-live="polite" aria-busy={!fresh}>
        <p className="text-xs text-ink-3">{t("summary.price")}</p>
        <p className="text-2xl font-semibold">
          <Amount value={estimate.price_min} />
          <span aria-hidden className="px-1.5 text-ink-3">
            –
          </span>
          <Amount value={estimate.price_max} />
        </p>
        <p className="text-sm text-ink-2">
          {low === high ? t("summary.time", { time: low }) : t("summary.times", { low, high })}
        </p>
        <p className="text-xs text-ink-3">
          {estimated.based_on_jobs > 0
            ? t("summary.based", { count: estimated.based_on_jobs })
            : t("summary.basedOnNone")}
        </p>
      </div>
      {error !== null && <Problem error={error} />}
      {estimated.machines_online === 0 ? (
        <Notice tone="warn" title={t("summary.noMachine")}>
          {t("summary.noMachineText")}
        </Notice>
      ) : (
        <p className="text-sm text-ink-2">{t("summary.machines", { count: estimated.machines_online })}</p>
      )}
      <Field
        label={t("budget.label")}
        hint={t("budget.hint")}
        error={fault && t(`budget.fault.${fault}`)}
        aside={
          draft.budget !== undefined && (
            <button type="button" className="link" onClick={() => change({ budget: undefined })}>
              {t("budget.suggest")}
            </button>
          )
        }
      >
        <Input
          inputMode="decimal"
          value={draft.budget ?? estimated.budget_suggested.amount}
          onChange={(event) => change({ budget: event.target.value })}
        />
      </Field>
      <PaymentButton
        draft={draft}
        change={change}
        run={run}
        budget={typeof budget === "string" ? undefined : budget}
        available={estimated.wallet_available}
        ready={fresh}
      />
    </>
  );
}
