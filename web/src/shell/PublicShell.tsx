// The frame before the door.

import { Languages, SunMoon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { HOME } from "@/lines/home";
import { useMe } from "@/session/session";
import { ButtonLink, IconButton } from "@/ui/Button";
import { LazyMenu } from "@/ui/LazyMenu";
import { SkeletonPage } from "@/ui/Skeleton";
import { Frame, Main } from "./Frame";
import { Logo } from "./Logo";

function Door() {
  const { t } = useTranslation();
  const me = useMe();
  if (me) {
    return (
      <ButtonLink to={HOME} variant="primary" size="sm">
        {t("door.enter")}
      </ButtonLink>
    );
  }
  return (
    <>
      <ButtonLink to="/sign-in" variant="ghost" size="sm">
        {t("door.signIn")}
      </ButtonLink>
      <ButtonLink to="/sign-up" variant="primary" size="sm" className="max-sm:hidden">
        {t("door.signUp")}
      </ButtonLink>
    </>
  );
}

/** As high as the window, so that what lies below does not jump when the page comes. */
function Waiting() {
  return (
    <div className="mx-auto min-h-dvh w-full max-w-6xl px-4 py-10 sm:px-6">
      <SkeletonPage />
    </div>
  );
}

export function PublicShell() {
  const { t } = useTranslation();
  return (
    <Frame>
      <div className="flex min-h-dvh flex-col">
        <header className="mx-auto flex h-16 w-full max-w-6xl items-center gap-1 px-4 sm:px-6">
          <Link to="/" className="mr-auto inline-flex">
            <Logo />
          </Link>
          <LazyMenu
            load={() => import("./LanguageMenu")}
            trigger={
              <IconButton label={t("language")}>
                <Languages aria-hidden />
              </IconButton>
            }
          />
          <LazyMenu
            load={() => import("./ThemeMenu")}
            trigger={
              <IconButton label={t("theme.label")} className="mr-1">
                <SunMoon aria-hidden />
              </IconButton>
            }
          />
          <Door />
        </header>
        <Main className="flex flex-1 flex-col" waiting={<Waiting />} />
        <footer className="border-t border-line">
          <div className="mx-auto flex w-full max-w-6xl flex-wrap gap-x-6 gap-y-2 px-4 py-6 text-sm text-ink-3 sm:px-6">
            <span className="mr-auto">{t("footer.claim")}</span>
            <a href="/docs" className="hover:text-ink">
              {t("footer.api")}
            </a>
          </div>
        </footer>
      </div>
    </Frame>
  );
}
