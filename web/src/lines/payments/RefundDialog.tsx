// Gives money of a payment back to its card, out of what has not been spent.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { WholePayment } from "@/api/schema";
import { Amount, Button, Dialog, Field, Input, Problem, toast } from "@/ui";
import { compare, isZero, minus, type Money, readAmount, text, units } from "@/ui/money";
import { walletQuery } from "./queries";

/** Cards know nothing finer than a cent. */
function downToCents(money: Money): Money {
  const cent = 1_000_000n;
  return { amount: text((units(money.amount) / cent) * cent), currency: money.currency };
}

export function RefundDialog({ payment, onClose }: { payment: WholePayment; onClose: () => void }) {
  const { t } = useTranslation(["payments", "ui"]);
  const wallet = useQuery(walletQuery);
  const left = minus(payment.amount, payment.refunded);
  const available = wallet.data?.balances.find((it) => it.currency === left.currency)?.available;
  const most = downToCents(available !== undefined && compare(available, left) < 0 ? available : left);
  const [typed, setTyped] = useState<string>();
  const [wrong, setWrong] = useState(false);
  const said = readAmount(typed ?? most.amount);
  const amount = said === undefined ? undefined : { amount: said, currency: left.currency };
  const good = amount !== undefined && !isZero(amount) && compare(amount, most) <= 0;
  const refund = useCommand(
    (back: Money, header) =>
      ask(
        api.POST("/v1/payments/{payment}/refund", {
          params: { path: { payment: payment.id }, header },
          body: { amount: back },
        }),
      ),
    {
      touches: [["payments"], ["wallet"], ["statement"]],
      onDone: () => {
        toast(t("refund.done"));
        onClose();
      },
    },
  );
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t("refund.ask")}
      description={t("refund.text")}
      actions={
        <>
          <Button onClick={onClose}>{t("ui:cancel")}</Button>
          <Button variant="primary" type="submit" form="refund" pending={refund.isPending}>
            {t("refund.do")}
          </Button>
        </>
      }
    >
      <form
        id="refund"
        noValidate
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          setWrong(!good);
          if (good && amount !== undefined) refund.mutate(amount);
        }}
      >
        <Problem error={refund.error} />
        <Field
          label={t("refund.label")}
          error={wrong && !good ? t("refund.wrong") : undefined}
          hint={
            <>
              {t("refund.most")} <Amount value={most} />
            </>
          }
        >
          <Input inputMode="decimal" value={typed ?? most.amount} onChange={(event) => setTyped(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
