// The machine that has a job and why it was chosen, or why the job still waits.

import { useQuery } from "@tanstack/react-query";
import { Server } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ShownJob, WhyTask } from "@/api/schema";
import type words from "@/i18n/en/jobs.json";
import { Amount, Card, CardBody, CardHeader, ErrorState, Pairs, SkeletonText, When } from "@/ui";
import type { Money } from "@/ui/money";
import { whyQuery } from "./queries";

type Because = keyof (typeof words)["because"];
type Verdict = keyof (typeof words)["verdict"];

export function Why({ job }: { job: ShownJob }) {
  const { t } = useTranslation("jobs");
  const why = useQuery(whyQuery(job.id));
  return (
    <Card>
      <CardHeader title={t("why.title")} />
      <CardBody>
        {why.data !== undefined ? (
          why.data.decision != null ? (
            <Chosen decision={why.data.decision} />
          ) : (
            <Waits why={why.data} />
          )
        ) : why.isError ? (
          <ErrorState error={why.error} onRetry={() => void why.refetch()} />
        ) : (
          <SkeletonText lines={3} />
        )}
      </CardBody>
    </Card>
  );
}

function Chosen({ decision }: { decision: NonNullable<WhyTask["decision"]> }) {
  const { t, i18n } = useTranslation("jobs");
  const known = i18n.exists(`because.${decision.because}`, { ns: "jobs" });
  return (
    <div className="grid gap-3 text-sm">
      <p className="flex items-start gap-2">
        <Server aria-hidden className="mt-0.5 size-4 shrink-0 text-accent-ink" />
        <span>{known ? t(`because.${decision.because as Because}`) : t("because.cheapest")}</span>
      </p>
      <Pairs
        items={[
          { name: t("why.since"), value: <When at={decision.since} as="relative" /> },
          { name: t("why.candidates"), value: <span className="figures">{decision.candidates}</span> },
          { name: t("why.expected"), value: <Amount value={decision.score as unknown as Money} /> },
        ]}
      />
    </div>
  );
}

function Waits({ why }: { why: WhyTask }) {
  const { t, i18n } = useTranslation("jobs");
  const counts = new Map<string, number>();
  for (const { verdict } of why.machines) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  const there = why.machines_there ?? why.machines.length;
  return (
    <div className="grid gap-3 text-sm">
      <p>{there === 0 ? t("why.nobody") : t("why.there", { count: there })}</p>
      {counts.size > 0 && (
        <ul className="grid gap-1 text-ink-2">
          {[...counts].map(([verdict, count]) => (
            <li key={verdict} className="flex gap-2">
              <span className="figures w-6 shrink-0 text-right font-medium text-ink">{count}</span>
              {i18n.exists(`verdict.${verdict}`, { ns: "jobs" }) ? t(`verdict.${verdict as Verdict}`) : verdict}
            </li>
          ))}
        </ul>
      )}
      {why.ahead != null && why.ahead > 0 && <p className="text-ink-2">{t("why.ahead", { count: why.ahead })}</p>}
      <p className="text-xs text-ink-3">{t("why.free")}</p>
    </div>
  );
}
