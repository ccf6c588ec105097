// Which page is at which address.

import { matchRoutes, type RouteObject, useRoutes } from "react-router";
import { lines } from "@/lines";
import { NotFound } from "@/pages/NotFound";
import { Door, preloadShell } from "@/session/Door";
import { SessionKeeper } from "@/session/SessionKeeper";
import type { RoutePage } from "@/shell/nav";
import { PageLoading } from "@/shell/PageLoading";
import { PublicShell } from "@/shell/PublicShell";
import { page } from "@/shell/page";
import { Toasts } from "@/ui/Toasts";

function route(from: RoutePage): RouteObject {
  const own = { element: <from.lazy />, handle: from.lazy.preload };
  if ("index" in from) return { index: true, ...own };
  return { path: from.path, ...own, children: from.children?.map(route) ?? [] };
}

const Landing = page(() => import("@/pages/Landing"), "landing");

const routes: RouteObject[] = [
  { element: <Door />, handle: preloadShell, children: lines.flatMap((line) => line.pages ?? []).map(route) },
  {
    element: <PublicShell />,
    children: [
      { index: true, element: <Landing />, handle: Landing.preload },
      ...lines.flatMap((line) => line.publicPages ?? []).map(route),
      { path: "*", element: <NotFound /> },
    ],
  },
];

/** Begins to fetch what stands at this address, while the rest of the app is still starting. */
export async function preloadHere(): Promise<void> {
  const matched = matchRoutes(routes, location.pathname) ?? [];
  await Promise.all(
    matched.map((match) => (match.route.handle as (() => Promise<void>) | undefined)?.()),
  );
}

export function Pages() {
  return (
    <>
      <PageLoading />
      {useRoutes(routes)}
      <SessionKeeper />
      <Toasts />
    </>
  );
}
