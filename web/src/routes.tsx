// Which page is at which address.

import { createBrowserRouter, Outlet } from "react-router";
import { lines } from "@/lines";
import { NotFound } from "@/pages/NotFound";
import { Door } from "@/session/Door";
import { SessionKeeper } from "@/session/SessionKeeper";
import { PublicShell } from "@/shell/PublicShell";
import { page } from "@/shell/page";
import { RouteError } from "@/shell/RouteError";
import { SkeletonPage } from "@/ui/Skeleton";
import { Toasts } from "@/ui/Toasts";

function Root() {
  return (
    <>
      <Outlet />
      <SessionKeeper />
      <Toasts />
    </>
  );
}

function Waiting() {
  return (
    <div className="mx-auto w-full max-w-5xl px-6 py-10">
      <SkeletonPage />
    </div>
  );
}

export const makeRouter = () =>
  createBrowserRouter([
    {
      Component: Root,
      ErrorBoundary: RouteError,
      HydrateFallback: Waiting,
      children: [
        {
          Component: Door,
          children: [
            { ErrorBoundary: RouteError, children: lines.flatMap((line) => line.pages ?? []) },
          ],
        },
        {
          Component: PublicShell,
          children: [
            {
              ErrorBoundary: RouteError,
              children: [
                { index: true, lazy: page(() => import("@/pages/Landing"), "landing") },
                ...lines.flatMap((line) => line.publicPages ?? []),
                { path: "*", Component: NotFound },
              ],
            },
          ],
        },
      ],
    },
  ]);
