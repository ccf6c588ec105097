// Which page is at which address.

import type { QueryClient } from "@tanstack/react-query";
import { matchRoutes, type RouteObject, useRoutes } from "react-router";
import { csrf } from "@/api/cookies";
import { lines } from "@/lines";
import { cardsQuery } from "@/lines/train/queries";
import { NotFound } from "@/pages/NotFound";
import { Door, preloadShell } from "@/session/Door";
import { SessionKeeper } from "@/session/SessionKeeper";
import { meQuery } from "@/session/session";
import type { Reads, RoutePage } from "@/shell/nav";
import { PageLoading } from "@/shell/PageLoading";
import { PublicShell } from "@/shell/PublicShell";
import { page } from "@/shell/page";
import { Toasts } from "@/ui/Toasts";

/** What can be begun for a route before it is shown. */
type Begins = { preload: () => Promise<void>; reads?: Reads | undefined };

function route(from: RoutePage): RouteObject {
  const element = <from.lazy />;
  const { preload } = from.lazy;
  if ("index" in from) return { index: true, element, handle: { preload } satisfies Begins };
  // Whoever is not signed in is not told anyway.
  const reads: Reads = (queries) => (csrf() === undefined ? [] : (from.reads?.(queries) ?? []));
  const handle: Begins = { preload, reads };
  return { path: from.path, element, handle, children: from.children?.map(route) ?? [] };
}

const Landing = page(() => import("@/pages/Landing"), "landing");
const landing: Begins = {
  preload: Landing.preload,
  reads: (queries) => [queries.prefetchQuery(cardsQuery)],
};
const door: Begins = { preload: preloadShell, reads: (queries) => [queries.prefetchQuery(meQuery)] };

const routes: RouteObject[] = [
  { element: <Door />, handle: door, children: lines.flatMap((line) => line.pages ?? []).map(route) },
  {
    element: <PublicShell />,
    children: [
      { index: true, element: <Landing />, handle: landing },
      ...lines.flatMap((line) => line.publicPages ?? []).map(route),
      { path: "*", element: <NotFound /> },
    ],
  },
];

/** Begins to fetch what stands at this address and what it shows, while the rest is still starting. */
export async function preloadHere(queries: QueryClient): Promise<void> {
  const matched = matchRoutes(routes, location.pathname) ?? [];
  const begun = matched.flatMap(({ route }) => {
    const begins = route.handle as Begins | undefined;
    return [begins?.preload(), ...(begins?.reads?.(queries) ?? [])];
  });
  await Promise.all(begun);
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
