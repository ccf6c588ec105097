// Money on the screen: every amount of the app is shown by this and by nothing else.

import { useTranslation } from "react-i18next";
import { cx } from "./cx";
import { isNegative, isZero, type Money, shown } from "./money";

type AmountProps = {
  value: Money;
  /** Put a plus before what came in, and colour it. */
  signed?: boolean;
  /** What it is per: `hour` writes "/h". */
  per?: "hour";
  className?: string;
};

export function Amount({ value, signed = false, per, className }: AmountProps) {
  const { t, i18n } = useTranslation();
  const gained = signed && !isNegative(value) && !isZero(value);
  return (
    <data
      value={`${value.amount} ${value.currency}`}
      className={cx("figures whitespace-nowrap", gained && "text-good", className)}
    >
      {shown(value, i18n.language, { signed })}
      {per === "hour" && <span className="text-ink-3">{t("perHour")}</span>}
    </data>
  );
}
