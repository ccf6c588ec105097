// What the place is, for whoever comes by.

import { useTranslation } from "react-i18next";
import { ButtonLink } from "@/ui/Button";
import { Title } from "@/ui/Page";

export default function Landing() {
  const { t } = useTranslation("landing");
  return (
    <div className="mx-auto w-full max-w-6xl px-4 py-16 sm:px-6">
      <Title />
      <h1 tabIndex={-1} className="max-w-2xl text-4xl font-semibold">
        {t("hero.title")}
      </h1>
      <p className="mt-4 max-w-xl text-lg text-ink-2">{t("hero.text")}</p>
      <ButtonLink to="/sign-up" variant="primary" size="lg" className="mt-8">
        {t("hero.begin")}
      </ButtonLink>
    </div>
  );
}
