// Where a payment stands, in a word.

import { useTranslation } from "react-i18next";
import { Status, type Tone } from "@/ui";

const TONES: Record<string, Tone> = {
  requested: "neutral",
  open: "warn",
  processing: "accent",
  paid: "good",
  failed: "bad",
  expired: "neutral",
};

export function PaymentStatus({ status }: { status: string }) {
  const { t } = useTranslation("payments");
  const known = status in TONES;
  return (
    <Status tone={TONES[status] ?? "neutral"} live={status === "processing"}>
      {known ? t(`payment.${status as "paid"}`) : status}
    </Status>
  );
}
