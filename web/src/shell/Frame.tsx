// What both frames have: the way past the navigation, word of the connection, and the page itself.

import { type ReactNode, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { Outlet } from "react-router";
import { Caught } from "./Caught";
import { ConnectionBanner } from "./ConnectionBanner";
import { RouteFocus, SkipLink } from "./RouteFocus";

export function Frame({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <>
      <SkipLink label={t("skip")} />
      <RouteFocus />
      <ConnectionBanner />
      {children}
    </>
  );
}

/** The page that stands at this address. */
export function Main({ className, waiting }: { className: string; waiting: ReactNode }) {
  return (
    <main id="main" tabIndex={-1} className={className}>
      <Caught>
        <Suspense fallback={waiting}>
          <Outlet />
        </Suspense>
      </Caught>
    </main>
  );
}
