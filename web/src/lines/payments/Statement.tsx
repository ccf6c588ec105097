// What moved in the wallet, the latest first; every line opens into its explanation.

import { ScrollText } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { StatementLine } from "@/api/schema";
import { Card, EmptyState, ErrorState, SkeletonRows } from "@/ui";
import { useStatement } from "./statement";
import { StatementRow } from "./StatementRow";

const Explanation = lazy(async () => ({ default: (await import("./Explanation")).Explanation }));
/** Of so many lines only those are there that are seen; what sees to that comes with them. */
const ManyLines = lazy(() => import("./ManyLines"));
const FEW = 40;

export function Statement() {
  const { t } = useTranslation("payments");
  const statement = useStatement();
  const [open, setOpen] = useState<StatementLine>();
  if (statement.isPending) {
    return (
      <Card>
        <SkeletonRows rows={8} columns={3} />
      </Card>
    );
  }
  if (statement.error !== null) {
    return (
      <Card>
        <ErrorState error={statement.error} onRetry={statement.retry} />
      </Card>
    );
  }
  if (statement.lines.length === 0) {
    return (
      <Card>
        <EmptyState icon={<ScrollText />} title={t("statement.none")}>
          {t("statement.noneText")}
        </EmptyState>
      </Card>
    );
  }
  return (
    <>
      <p className="mb-3 text-sm text-ink-2">{t("statement.text")}</p>
      <Card className="overflow-hidden">
        {statement.more || statement.lines.length > FEW ? (
          <Suspense fallback={<SkeletonRows rows={8} columns={3} />}>
            <ManyLines {...statement} onOpen={setOpen} />
          </Suspense>
        ) : (
          <div role="feed" aria-label={t("statement.title")} className="divide-y divide-line">
            {statement.lines.map((line, index) => (
              <article key={line.position} aria-posinset={index + 1} aria-setsize={statement.lines.length}>
                <StatementRow line={line} onOpen={setOpen} />
              </article>
            ))}
          </div>
        )}
      </Card>
      <Suspense>{open !== undefined && <Explanation line={open} onClose={() => setOpen(undefined)} />}</Suspense>
    </>
  );
}

