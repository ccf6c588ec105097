// Verifies a receipt in this browser, and says check by check what was found.

import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Card, CardBody, CardHeader, Problem } from "@/ui";
import { receiptKeyQuery } from "./queries";
import { CHECKS, type Verdict, verifyReceipt } from "./verify";

export function ReceiptProof({ text }: { text: string }) {
  const { t } = useTranslation("payments");
  const key = useQuery(receiptKeyQuery);
  const [verdict, setVerdict] = useState<Verdict>();
  const [going, setGoing] = useState(false);
  const verify = async () => {
    setGoing(true);
    try {
      const published = key.data ?? (await key.refetch()).data;
      if (published !== undefined) setVerdict(await verifyReceipt(text, published.public_key));
    } finally {
      setGoing(false);
    }
  };
  return (
    <Card>
      <CardHeader
        title={t("proof.title")}
        aside={
          <Button variant="primary" pending={going} icon={<ShieldCheck aria-hidden />} onClick={() => void verify()}>
            {t("proof.verify")}
          </Button>
        }
      >
        {t("proof.text")}
      </CardHeader>
      <div role="status">
        {verdict !== undefined && (
          <CardBody className="grid gap-4">
            <p
              data-verdict={verdict.holds ? "holds" : "fails"}
              className={
                verdict.holds
                  ? "flex items-start gap-2 font-medium text-good"
                  : "flex items-start gap-2 font-medium text-bad"
              }
            >
              {verdict.holds ? (
                <CircleCheck aria-hidden className="mt-0.5 size-5 shrink-0" />
              ) : (
                <CircleX aria-hidden className="mt-0.5 size-5 shrink-0" />
              )}
              {verdict.holds ? t("proof.holds") : t(`proof.fault.${verdict.fault}`, { position: verdict.position, lease: verdict.lease })}
            </p>
            <Checks verdict={verdict} />
            {verdict.holds && (
              <p className="text-xs text-ink-3">
                {t("proof.facts", { count: verdict.events, position: verdict.position, key: verdict.keyId })}
              </p>
            )}
          </CardBody>
        )}
      </div>
      {key.isError && (
        <CardBody>
          <Problem error={key.error} />
        </CardBody>
      )}
    </Card>
  );
}

function Checks({ verdict }: { verdict: Verdict }) {
  const { t } = useTranslation("payments");
  const failed = verdict.holds ? CHECKS.length : CHECKS.indexOf(verdict.failed);
  return (
    <ul className="grid gap-1.5 text-sm">
      {CHECKS.map((check, index) => (
        <li key={check} className="flex items-start gap-2">
          {index < failed ? (
            <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-good" />
          ) : index === failed ? (
            <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
          ) : (
            <span aria-hidden className="mt-1.5 size-2.5 shrink-0 rounded-full border border-line-strong" />
          )}
          <span className={index > failed ? "text-ink-3" : undefined}>
            {t(`proof.check.${check}`)}
            {index > failed && ` ${t("proof.notReached")}`}
          </span>
        </li>
      ))}
    </ul>
  );
}
