// Puts money into the wallet by card: to the checkout, and back.

import { CreditCard } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { Amount, Button, Dialog, Field, Input, Problem } from "@/ui";
import { compare, type Money, readAmount } from "@/ui/money";

const LEAST: Money = { amount: "0.50", currency: "USD" };
const MOST: Money = { amount: "999999.99", currency: "USD" };
const USUAL = ["10.00", "20.00", "50.00", "100.00"];

export function TopUp({ amount, onClose }: { amount: string; onClose: () => void }) {
  const { t } = useTranslation(["payments", "ui"]);
  const navigate = useNavigate();
  const [typed, setTyped] = useState(amount);
  const [wrong, setWrong] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const topUp = useCommand(
    (wanted: Money, header) => ask(api.POST("/v1/wallet/top-ups", { params: { header }, body: { amount: wanted } })),
    {
      touches: [["payments"]],
      onDone: async ({ payment, checkout_url }) => {
        if (checkout_url == null) {
          await navigate(`/payments/${payment}`);
          return;
        }
        setLeaving(true);
        location.assign(checkout_url);
      },
    },
  );
  const read = readAmount(typed);
  const wanted = read === undefined ? undefined : { amount: read, currency: "USD" };
  const good = wanted !== undefined && compare(wanted, LEAST) >= 0 && compare(wanted, MOST) <= 0;
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t("topUp.title")}
      description={t("topUp.text")}
      actions={
        <>
          <Button onClick={onClose}>{t("ui:cancel")}</Button>
          <Button
            variant="primary"
            type="submit"
            form="top-up"
            pending={topUp.isPending || leaving}
            icon={<CreditCard aria-hidden />}
          >
            {t("topUp.do")}
          </Button>
        </>
      }
    >
      <form
        id="top-up"
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setWrong(!good);
          if (good && wanted !== undefined) topUp.mutate(wanted);
        }}
      >
        <Problem error={topUp.error} />
        <Field
          label={t("topUp.label")}
          hint={t("topUp.hint")}
          error={wrong && !good ? t("topUp.wrong") : undefined}
        >
          <Input inputMode="decimal" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
        <div className="flex flex-wrap gap-2">
          {USUAL.map((usual) => (
            <Button key={usual} size="sm" aria-pressed={read === usual} onClick={() => setTyped(usual)}>
              <Amount value={{ amount: usual, currency: "USD" }} />
            </Button>
          ))}
        </div>
      </form>
    </Dialog>
  );
}
