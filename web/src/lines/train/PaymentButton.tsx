// Orders the run and pays for it: at the card's checkout, or from the wallet at once.

import { CreditCard, Wallet } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { Run } from "@/api/schema";
import { useSignedIn } from "@/session/session";
import { Amount, Button, Notice, Problem } from "@/ui";
import type { Money } from "@/ui/money";
import { dropDraft, type Draft, type PayWith } from "./draft";
import { missing, type Order, orderOf } from "./order";
import type { Change } from "./Train";
import { WayToPay } from "./WayToPay";

type PaymentProps = {
  draft: Draft;
  change: Change;
  run: Run;
  /** Nothing, while what is typed is no budget. */
  budget: Money | undefined;
  available: Money;
  ready: boolean;
};

export function PaymentButton({ draft, change, run, budget, available, ready }: PaymentProps) {
  const { t } = useTranslation("train");
  const user = useSignedIn().id;
  const navigate = useNavigate();
  const [leaving, setLeaving] = useState(false);
  const order = useCommand(
    (body: Order, header) => ask(api.POST("/train", { params: { header }, body })),
    {
      touches: [["jobs"], ["wallet"], ["statement"], ["estimate"]],
      onDone: async (ordered) => {
        dropDraft(user);
        if (ordered.checkout_url == null) {
          await navigate(`/status/${ordered.id}`);
          return;
        }
        // Whoever comes back from the checkout by "back" finds the order, not an empty form.
        setLeaving(true);
        await navigate(`/status/${ordered.id}`, { replace: true });
        location.assign(ordered.checkout_url);
      },
    },
  );
  const short = budget === undefined ? undefined : missing(budget, available);
  const lacks = draft.payWith === "wallet" && short !== undefined;
  return (
    <div className="grid gap-4">
      <WayToPay
        value={draft.payWith}
        available={available}
        onChange={(payWith: PayWith) => change({ payWith })}
      />
      {lacks && (
        <Notice tone="warn" title={t("pay.short")}>
          <p>
            {t("pay.missing")} <Amount value={short} />.{" "}
            <Link className="link" to={`/wallet?top-up=${short.amount}`}>
              {t("pay.topUp")}
            </Link>
          </p>
        </Notice>
      )}
      <Problem error={order.error} />
      <Button
        variant="primary"
        size="lg"
        className="w-full"
        disabled={budget === undefined || lacks || (!ready && !order.isPending)}
        pending={order.isPending || leaving}
        icon={draft.payWith === "card" ? <CreditCard aria-hidden /> : <Wallet aria-hidden />}
        onClick={() => budget !== undefined && order.mutate(orderOf(run, budget, draft))}
      >
        {draft.payWith === "card" ? t("pay.card") : t("pay.wallet")}
        {budget !== undefined && <Amount value={budget} />}
      </Button>
      <p className="text-xs text-ink-3">{draft.payWith === "card" ? t("pay.cardText") : t("pay.walletText")}</p>
    </div>
  );
}
