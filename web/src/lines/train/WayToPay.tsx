// By card or from the wallet.

import { CreditCard, Wallet } from "lucide-react";
import { type ReactNode, useId } from "react";
import { useTranslation } from "react-i18next";
import { Amount, cx } from "@/ui";
import type { Money } from "@/ui/money";
import type { PayWith } from "./draft";

type WayProps = { value: PayWith; available: Money; onChange: (value: PayWith) => void };

export function WayToPay({ value, available, onChange }: WayProps) {
  const { t } = useTranslation("train");
  const name = useId();
  const way = (of: PayWith, icon: ReactNode, title: string, text: ReactNode) => (
    <label
      className={cx(
        "relative grid gap-0.5 rounded-md border px-3 py-2.5 text-sm transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent-ink",
        value === of ? "border-accent bg-accent-soft/50 ring-1 ring-accent" : "border-line-strong hover:bg-hover",
      )}
    >
      <input
        type="radio"
        name={name}
        checked={value === of}
        onChange={() => onChange(of)}
        className="absolute inset-0 cursor-[inherit] opacity-0"
      />
      <span className="flex items-center gap-2 font-medium [&_svg]:size-4">
        {icon}
        {title}
      </span>
      <span className="text-xs text-ink-2">{text}</span>
    </label>
  );
  return (
    <fieldset className="grid grid-cols-2 gap-2">
      <legend className="mb-1.5 text-sm font-medium">{t("pay.with")}</legend>
      {way("card", <CreditCard aria-hidden />, t("pay.byCard"), t("pay.byCardText"))}
      {way("wallet", <Wallet aria-hidden />, t("pay.byWallet"), <Amount value={available} />)}
    </fieldset>
  );
}
