// One line of the statement, explained: what moved where, who did it, because of what, and its proof.

import { useQuery } from "@tanstack/react-query";
import { CircleCheck, CircleX, Fingerprint } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import type { Explanation as Explained, StatementLine } from "@/api/schema";
import { Amount, Button, Dialog, ErrorState, Facts, Scroll, SkeletonText, When } from "@/ui";
import { heldHash, toHex } from "./chain";
import { explanationQuery } from "./queries";
import { useEventWords } from "./useEventWords";

export function Explanation({ line, onClose }: { line: StatementLine; onClose: () => void }) {
  const { t } = useTranslation("payments");
  const words = useEventWords();
  const explained = useQuery(explanationQuery(line.position));
  const about = line.subject.startsWith("job_") ? `/status/${line.subject}` : line.subject.startsWith("payment_") ? `/payments/${line.subject}` : undefined;
  return (
    <Dialog
      open
      size="lg"
      onOpenChange={(open) => !open && onClose()}
      title={words.event(line.type)}
      description={<When at={line.recorded_at} />}
      actions={
        about !== undefined && (
          <Link className="link self-center text-sm" to={about}>
            {line.subject.startsWith("job_") ? t("explain.toJob") : t("explain.toPayment")}
          </Link>
        )
      }
    >
      {explained.data !== undefined ? (
        <Body explained={explained.data} />
      ) : explained.isError ? (
        <ErrorState error={explained.error} onRetry={() => void explained.refetch()} />
      ) : (
        <SkeletonText lines={6} />
      )}
    </Dialog>
  );
}

function Body({ explained }: { explained: Explained }) {
  const { t } = useTranslation("payments");
  const words = useEventWords();
  const cause = explained.cause ?? undefined;
  return (
    <div className="grid grid-cols-1 gap-6">
      <section className="grid grid-cols-1 gap-2">
        <h3 className="text-sm font-semibold">{t("explain.moved")}</h3>
        <Legs explained={explained} />
        <p className="text-xs text-ink-3">{t("explain.balanced")}</p>
      </section>
      <section className="grid grid-cols-1 gap-1">
        <h3 className="text-sm font-semibold">{t("explain.why")}</h3>
        <Facts
          items={[
            { name: t("explain.by"), value: t(`whose.${explained.whose_doing}`) },
            ...(cause === undefined
              ? []
              : [
                  {
                    name: t("explain.cause"),
                    value: t("explain.causeAt", { event: words.event(cause.type), position: cause.position }),
                  },
                ]),
            { name: t("explain.counts"), value: <When at={explained.effective_at} /> },
            { name: t("explain.position"), value: <span className="figures">{explained.position}</span> },
            { name: t("explain.name"), value: <code className="text-xs">{explained.type}</code> },
            ...(explained.program != null
              ? [{ name: t("explain.program"), value: <code className="text-xs">{explained.program}</code> }]
              : []),
          ]}
        />
      </section>
      <Proof explained={explained} />
      {explained.payload != null && (
        <details className="text-sm">
          <summary className="font-medium text-ink-2">{t("explain.payload")}</summary>
          <Scroll label={t("explain.payload")} className="mt-2 max-h-72 rounded-md border border-line bg-sunken p-3">
            <pre className="text-xs">
              <code>{JSON.stringify(explained.payload, null, 2)}</code>
            </pre>
          </Scroll>
        </details>
      )}
      {explained.withheld.length > 0 && <p className="text-xs text-ink-3">{t("explain.withheld")}</p>}
    </div>
  );
}

function Legs({ explained }: { explained: Explained }) {
  const { t } = useTranslation("payments");
  const words = useEventWords();
  return (
    <div className="overflow-x-auto rounded-lg border border-line">
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b border-line text-xs text-ink-3">
            <th scope="col" className="px-4 py-2 text-left font-medium">
              {t("explain.account")}
            </th>
            <th scope="col" className="px-4 py-2 text-right font-medium">
              {t("explain.amount")}
            </th>
            <th scope="col" className="px-4 py-2 text-right font-medium">
              {t("explain.after")}
            </th>
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {explained.legs.map((leg, index) => (
            <tr key={index}>
              <td className="px-4 py-2">
                <span className="block">
                  {leg.whose === "you" || leg.whose === "another" ? words.leaf(leg.account) : t(`place.${leg.whose as "platform"}`)}
                </span>
                <span className="block text-xs break-all text-ink-3">
                  {leg.whose === "you" || leg.whose === "another" ? t(`whose.${leg.whose}`) : leg.account}
                </span>
              </td>
              <td className="px-4 py-2 text-right">
                <Amount value={leg.amount} signed />
              </td>
              <td className="px-4 py-2 text-right text-ink-2">{leg.balance != null && <Amount value={leg.balance} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The hash is computed here, in the browser, from every stored field. */
function Proof({ explained }: { explained: Explained }) {
  const { t } = useTranslation("payments");
  const [holds, setHolds] = useState<boolean>();
  const { stored } = explained;
  const verify = async () => {
    if (stored == null) return;
    const same = stored.hash === explained.hash && stored.previous_hash === explained.previous_hash;
    const hash = same ? await heldHash(stored) : undefined;
    setHolds(hash !== undefined && toHex(hash) === explained.hash);
  };
  return (
    <section className="grid grid-cols-1 gap-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="text-sm font-semibold">{t("explain.proof")}</h3>
        {stored != null && (
          <Button size="sm" icon={<Fingerprint aria-hidden />} onClick={() => void verify()}>
            {t("explain.verify")}
          </Button>
        )}
      </div>
      <p role="status" className="text-sm">
        {holds === true && (
          <span className="flex items-center gap-1.5 text-good">
            <CircleCheck aria-hidden className="size-4" /> {t("explain.holds")}
          </span>
        )}
        {holds === false && (
          <span className="flex items-center gap-1.5 text-bad">
            <CircleX aria-hidden className="size-4" /> {t("explain.fails")}
          </span>
        )}
      </p>
      <Facts
        items={[
          { name: t("explain.hash"), value: <code className="text-xs break-all">{explained.hash}</code> },
          { name: t("explain.previous"), value: <code className="text-xs break-all">{explained.previous_hash}</code> },
        ]}
      />
      <p className="text-xs text-ink-3">{t("explain.proofText")}</p>
    </section>
  );
}
