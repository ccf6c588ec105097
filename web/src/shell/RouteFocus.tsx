// After going to another page, the keyboard and the screen reader are there too.

import { useEffect, useRef } from "react";
import { useLocation, useNavigationType } from "react-router";

export function RouteFocus() {
  const { pathname } = useLocation();
  // Who goes back comes to where they were, which the browser sees to.
  const back = useNavigationType() === "POP";
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    if (!back) window.scrollTo(0, 0);
    const heading = document.querySelector<HTMLElement>("main h1[tabindex]");
    const target = heading ?? document.getElementById("main");
    target?.focus({ preventScroll: true });
  }, [pathname, back]);
  return null;
}

/** The first thing that the keyboard comes to. */
export function SkipLink({ label }: { label: string }) {
  return (
    <a
      href="#main"
      className="sr-only z-60 rounded-md bg-accent px-4 py-2 text-sm font-medium text-on-accent focus:not-sr-only focus:fixed focus:top-3 focus:left-3"
    >
      {label}
    </a>
  );
}
