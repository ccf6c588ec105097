// Which page is at which address.

import { type RouteObject, useRoutes } from "react-router";
import { lines } from "@/lines";
import { NotFound } from "@/pages/NotFound";
import { Door } from "@/session/Door";
import { SessionKeeper } from "@/session/SessionKeeper";
import type { RoutePage } from "@/shell/nav";
import { PageLoading } from "@/shell/PageLoading";
import { PublicShell } from "@/shell/PublicShell";
import { page } from "@/shell/page";
import { Toasts } from "@/ui/Toasts";

function route(from: RoutePage): RouteObject {
  const element = <from.lazy />;
  if ("index" in from) return { index: true, element };
  return { path: from.path, element, children: from.children?.map(route) ?? [] };
}

const Landing = page(() => import("@/pages/Landing"), "landing");

const routes: RouteObject[] = [
  { element: <Door />, children: lines.flatMap((line) => line.pages ?? []).map(route) },
  {
    element: <PublicShell />,
    children: [
      { index: true, element: <Landing /> },
      ...lines.flatMap((line) => line.publicPages ?? []).map(route),
      { path: "*", element: <NotFound /> },
    ],
  },
];

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
