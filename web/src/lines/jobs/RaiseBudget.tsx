// Raises what a job may cost at most; the difference is held from the wallet.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { isProblemError } from "@/api/problem";
import type { ShownJob } from "@/api/schema";
import { walletQuery } from "@/lines/payments/queries";
import { Amount, Button, Dialog, Field, Input, Problem, toast } from "@/ui";
import { compare, minus, type Money, plus, readAmount, text, units } from "@/ui/money";

export function RaiseBudget({ job, onClose }: { job: ShownJob; onClose: () => void }) {
  const { t } = useTranslation(["jobs", "ui"]);
  const wallet = useQuery(walletQuery);
  const available = wallet.data?.balances.find((it) => it.currency === "USD")?.available;
  const doubled = text(units(job.budget.amount) * 2n);
  const [typed, setTyped] = useState(doubled);
  const [wrong, setWrong] = useState(false);
  const raise = useCommand(
    (budget: Money, header) =>
      ask(api.PATCH("/v1/jobs/{job}", { params: { path: { job: job.id } }, headers: header, body: { budget } })),
    {
      touches: [["jobs"], ["wallet"], ["statement"]],
      onDone: () => {
        toast(t("done.raise"));
        onClose();
      },
    },
  );
  const amount = readAmount(typed);
  const wanted = amount === undefined ? undefined : { amount, currency: "USD" };
  const more = wanted !== undefined && compare(wanted, job.budget) > 0 ? minus(wanted, job.budget) : undefined;
  const short = more !== undefined && available !== undefined && compare(more, available) > 0;
  const lacks = isProblemError(raise.error) && raise.error.code === "jobs/order/funds-missing";
  const topUp = more === undefined ? "/wallet" : `/wallet?top-up=${short && available ? minus(more, available).amount : more.amount}`;
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t("raise.title")}
      description={t("raise.text")}
      actions={
        <>
          <Button onClick={onClose}>{t("ui:cancel")}</Button>
          <Button
            variant="primary"
            type="submit"
            form="raise-budget"
            pending={raise.isPending}
          >
            {t("raise.do")}
          </Button>
        </>
      }
    >
      <form
        id="raise-budget"
        noValidate
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          setWrong(more === undefined);
          if (wanted !== undefined && more !== undefined) raise.mutate(wanted);
        }}
      >
        <Problem error={raise.error} action={lacks && <Link className="link" to={topUp}>{t("raise.topUp")}</Link>} />
        <Field
          label={t("raise.label")}
          error={wrong && more === undefined ? t("raise.wrong") : undefined}
          hint={
            <>
              {t("raise.now")} <Amount value={job.budget} />
              {more !== undefined && (
                <>
                  {" · "}
                  {t("raise.more")} <Amount value={more} />
                </>
              )}
              {available !== undefined && (
                <>
                  {" · "}
                  {t("raise.available")} <Amount value={plus(available, { amount: "0", currency: available.currency })} />
                </>
              )}
            </>
          }
        >
          <Input inputMode="decimal" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
        {short && !lacks && (
          <p className="text-sm text-warn">
            {t("raise.short")}{" "}
            <Link className="link" to={topUp}>
              {t("raise.topUp")}
            </Link>
          </p>
        )}
      </form>
    </Dialog>
  );
}
