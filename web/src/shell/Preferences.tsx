// Language and theme, as choices of a menu.

import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { type Language, language, setLanguage } from "@/i18n";
import { MenuChoice } from "@/ui/Menu";
import { onTheme, setTheme, type Theme, theme } from "./theme";

/** Each language is named in itself. */
const NAMES: { value: Language; label: string }[] = [
  { value: "en", label: "English" },
  { value: "ru", label: "Русский" },
];

export function LanguageChoice() {
  const { t } = useTranslation();
  return (
    <MenuChoice
      label={t("language")}
      value={language()}
      options={NAMES}
      onChange={(chosen) => void setLanguage(chosen)}
    />
  );
}

export function ThemeChoice() {
  const { t } = useTranslation();
  const chosen = useSyncExternalStore(onTheme, theme);
  const options: { value: Theme; label: string }[] = [
    { value: "system", label: t("theme.system") },
    { value: "light", label: t("theme.light") },
    { value: "dark", label: t("theme.dark") },
  ];
  return <MenuChoice label={t("theme.label")} value={chosen} options={options} onChange={setTheme} />;
}
