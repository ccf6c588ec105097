// What a card says, in the reader's language where we have it, and in the server's where we do not.

import { useTranslation } from "react-i18next";
import type { ShownCard } from "@/api/schema";
import type train from "@/i18n/en/train.json";
import type { Setting } from "./settings";

type Model = keyof (typeof train)["card"];
type Parameter = keyof (typeof train)["parameter"];

export function useCardWords() {
  const { t, i18n } = useTranslation("train");
  const knows = (key: string) => i18n.exists(key, { ns: "train" });
  const title = (model: string, otherwise: string) =>
    knows(`card.${model}.title`) ? t(`card.${model as Model}.title`) : otherwise;
  return {
    title: (card: ShownCard) => title(card.model_type, card.title),
    /** Of a job or a receipt, which know only the name. */
    model: (name: string) => title(name, name),
    summary: (card: ShownCard) =>
      knows(`card.${card.model_type}.summary`) ? t(`card.${card.model_type as Model}.summary`) : card.summary,
    label: (name: string) =>
      knows(`parameter.${name}.label`) ? t(`parameter.${name as Parameter}.label`) : name.replaceAll("_", " "),
    means: (setting: Setting) =>
      knows(`parameter.${setting.name}.means`) ? t(`parameter.${setting.name as Parameter}.means`) : setting.means,
    choice: (value: string) =>
      knows(`choice.${value}`) ? t(`choice.${value as keyof (typeof train)["choice"]}`) : value,
  };
}
