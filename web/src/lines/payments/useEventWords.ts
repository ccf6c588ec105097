// What an event of the books is called to the person whose money it moved.

import { useTranslation } from "react-i18next";
import type payments from "@/i18n/en/payments.json";

type Event = keyof (typeof payments)["event"];
type Leaf = keyof (typeof payments)["leaf"];

export function useEventWords() {
  const { t, i18n } = useTranslation("payments");
  return {
    /** The stored name without its dots, which part keys. */
    event: (kind: string) => {
      const key = kind.replaceAll(".", "-");
      return i18n.exists(`event.${key}`, { ns: "payments" }) ? t(`event.${key as Event}`) : t("event.other");
    },
    leaf: (account: string) =>
      i18n.exists(`leaf.${account}.name`, { ns: "payments" }) ? t(`leaf.${account as Leaf}.name`) : account,
  };
}
