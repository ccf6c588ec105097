// What a job has cost so far, against what it may cost at most.

import { ReceiptText } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ShownJob } from "@/api/schema";
import { Amount, ButtonLink, Card, CardBody, CardHeader, Pairs, Progress } from "@/ui";
import { minus, share } from "@/ui/money";
import { isOver } from "./names";

export function Cost({ job }: { job: ShownJob }) {
  const { t } = useTranslation("jobs");
  const part = share(job.charged, job.budget);
  const paid = job.status !== "pending";
  const over = isOver(job.status);
  return (
    <Card>
      <CardHeader title={t("cost.title")} />
      <CardBody className="grid gap-4">
        <div className="grid gap-2">
          <p>
            <span className="text-2xl font-semibold">
              <Amount value={job.charged} />
            </span>
            <span className="text-sm text-ink-2">
              {" "}
              {t("cost.of")} <Amount value={job.budget} />
            </span>
          </p>
          <Progress label={t("cost.share")} value={part} tone={part >= 1 ? "warn" : "accent"} />
        </div>
        <Pairs
          items={[
            ...(job.rate != null
              ? [{ name: t("cost.rate"), value: <Amount value={{ amount: job.rate, currency: job.budget.currency }} per="hour" /> }]
              : []),
            {
              name: t("cost.estimate"),
              value: (
                <>
                  <Amount value={job.estimate.price_min} /> – <Amount value={job.estimate.price_max} />
                </>
              ),
            },
            { name: t("cost.way"), value: job.pay_with === "wallet" ? t("cost.wallet") : t("cost.card") },
            ...(job.released != null ? [{ name: t("cost.released"), value: <Amount value={job.released} /> }] : []),
            ...(paid && !over
              ? [{ name: t("cost.left"), value: <Amount value={minus(job.budget, job.charged)} /> }]
              : []),
          ]}
        />
        <p className="text-xs text-ink-3">{over ? t("cost.overText") : t("cost.text")}</p>
        {paid && (
          <ButtonLink to={`/receipts/${job.id}`} icon={<ReceiptText aria-hidden />} className="justify-self-start">
            {t("receipt")}
          </ButtonLink>
        )}
      </CardBody>
    </Card>
  );
}
