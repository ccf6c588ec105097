// Nothing is at this address.

import { Compass } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ButtonLink } from "@/ui/Button";
import { Title } from "@/ui/Page";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <div className="mx-auto flex max-w-md flex-1 flex-col items-center justify-center px-6 py-20 text-center">
      <Title>{t("notFound.title")}</Title>
      <Compass aria-hidden className="mb-5 size-8 text-ink-3" strokeWidth={1.5} />
      <h1 tabIndex={-1} className="text-xl font-semibold">
        {t("notFound.title")}
      </h1>
      <p className="mt-2 text-sm text-ink-2">{t("notFound.text")}</p>
      <ButtonLink to="/" variant="primary" className="mt-6">
        {t("notFound.home")}
      </ButtonLink>
    </div>
  );
}
