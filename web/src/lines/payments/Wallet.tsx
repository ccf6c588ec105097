// The wallet: what is in it, what moved in it and why, and the payments behind it.

import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { Button, Page, PageHeader, SkeletonRows, Tabs } from "@/ui";
import { readAmount } from "@/ui/money";
import { Balances } from "./Balances";
import { walletQuery } from "./queries";
import { Statement } from "./Statement";

const Payments = lazy(async () => ({ default: (await import("./Payments")).Payments }));
const TopUp = lazy(async () => ({ default: (await import("./TopUp")).TopUp }));

export default function Wallet() {
  const { t } = useTranslation("payments");
  const [query, setQuery] = useSearchParams();
  const wallet = useQuery(walletQuery);
  const asked = query.get("top-up");
  const tab = query.get("tab") === "payments" ? "payments" : "statement";
  const set = (change: Record<string, string | undefined>) => {
    const next = new URLSearchParams(query);
    for (const [name, value] of Object.entries(change)) {
      if (value === undefined) next.delete(name);
      else next.set(name, value);
    }
    setQuery(next, { replace: true });
  };
  return (
    <Page>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          <Button variant="primary" icon={<Plus aria-hidden />} onClick={() => set({ "top-up": "" })}>
            {t("topUp.open")}
          </Button>
        }
      />
      <Balances wallet={wallet} />
      <Tabs
        label={t("parts")}
        value={tab}
        onChange={(value) => set({ tab: value === "statement" ? undefined : value })}
        tabs={[
          { value: "statement", label: t("statement.title"), content: <Statement /> },
          { value: "payments", label: t("payments.title"), content: <Suspense fallback={<SkeletonRows />}><Payments /></Suspense> },
        ]}
      />
      <Suspense>
        {asked !== null && <TopUp amount={wholeCents(asked)} onClose={() => set({ "top-up": undefined })} />}
      </Suspense>
    </Page>
  );
}

/** What is lacking is finer than cents, and cards are not: up to the next one, and at least so much. */
function wholeCents(said: string): string {
  const exact = readAmount(said, 8);
  if (exact === undefined) return "20.00";
  const [units = "0", decimals = ""] = exact.split(".");
  const cents = BigInt(units + decimals.slice(0, 2).padEnd(2, "0"));
  const up = /[1-9]/.test(decimals.slice(2)) ? cents + 1n : cents;
  const least = up < 50n ? 50n : up;
  const digits = least.toString().padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
