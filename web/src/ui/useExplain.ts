// `explain` in the language of the page.

import { useCallback } from "react";
import { useTranslation } from "react-i18next";
import { type Explained, explain } from "./explain";

export function useExplain(): (error: unknown) => Explained {
  const { t, i18n } = useTranslation("problems");
  return useCallback(
    (error) =>
      explain(error, { t, known: (code) => i18n.exists(`codes.${code}.title`, { ns: "problems" }) }),
    [t, i18n],
  );
}
