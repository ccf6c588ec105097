// What a measure of the trainer is called.

import { useTranslation } from "react-i18next";
import type jobs from "@/i18n/en/jobs.json";
import { count, measure, percent } from "@/ui/figures";

type Measure = keyof (typeof jobs)["measure"];

export function useMeasureWords() {
  const { t, i18n } = useTranslation("jobs");
  return {
    name: (measured: string) =>
      i18n.exists(`measure.${measured}`, { ns: "jobs" })
        ? t(`measure.${measured as Measure}`)
        : measured.replaceAll("_", " "),
    value: (measured: string, value: number) => {
      if (/accuracy|baseline|f1/.test(measured) && value >= 0 && value <= 1) return percent(value, i18n.language, 1);
      if (Number.isInteger(value)) return count(value, i18n.language);
      return measure(value, i18n.language);
    },
  };
}
