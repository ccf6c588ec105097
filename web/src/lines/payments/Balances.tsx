// What is in the wallet, leaf by leaf, and what each leaf means.

import type { UseQueryResult } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Balances as BalancesOf, Wallet } from "@/api/schema";
import { Amount, Card, ErrorState, Loading, Skeleton } from "@/ui";
import { isZero } from "@/ui/money";

const LEAVES = ["held", "pending", "withdrawing", "disputed", "owed"] as const;
/** Of use to whoever has nothing there, too. */
const ALWAYS = new Set<string>(["held"]);

export function Balances({ wallet }: { wallet: UseQueryResult<Wallet> }) {
  if (wallet.data !== undefined) {
    return (
      <div className="grid gap-4">
        {wallet.data.balances.map((balances) => (
          <OfCurrency key={balances.currency} balances={balances} />
        ))}
      </div>
    );
  }
  return (
    <Card>
      {wallet.isError ? (
        <ErrorState error={wallet.error} onRetry={() => void wallet.refetch()} />
      ) : (
        <Loading>
          <div className="grid gap-3 p-5">
            <Skeleton className="h-4 w-28" />
            <Skeleton className="h-9 w-44" />
            <Skeleton className="h-4 w-64" />
          </div>
        </Loading>
      )}
    </Card>
  );
}

function OfCurrency({ balances }: { balances: BalancesOf }) {
  const { t } = useTranslation("payments");
  const shown = LEAVES.filter((leaf) => ALWAYS.has(leaf) || !isZero(balances[leaf]));
  return (
    <Card>
      <dl className="grid divide-line max-sm:divide-y sm:auto-cols-fr sm:grid-flow-col sm:divide-x">
        <div className="grid content-start gap-0.5 p-5">
          <dt className="text-sm text-ink-2">{t("leaf.available.name")}</dt>
          <dd className="text-2xl font-semibold">
            <Amount value={balances.available} />
          </dd>
          <dd className="mt-1 text-xs text-ink-3">{t("leaf.available.means")}</dd>
        </div>
        {shown.map((leaf) => (
          <div key={leaf} className="grid content-start gap-0.5 p-5">
            <dt className="text-sm text-ink-2">{t(`leaf.${leaf}.name`)}</dt>
            <dd className="text-2xl font-semibold">
              <Amount value={balances[leaf]} />
            </dd>
            <dd className="mt-1 text-xs text-ink-3">{t(`leaf.${leaf}.means`)}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
