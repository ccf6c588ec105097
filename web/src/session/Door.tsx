// Lets in who is signed in, and sends the others to the sign-in and back.

import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { ErrorState } from "@/ui/ErrorState";
import { SkeletonPage } from "@/ui/Skeleton";
import { meQuery, returnPath } from "./session";

const AppShell = lazy(async () => ({ default: (await import("@/shell/AppShell")).AppShell }));

function Waiting() {
  return (
    <div className="mx-auto max-w-5xl px-6 py-10">
      <SkeletonPage />
    </div>
  );
}

export function Door() {
  const { data: me, error, refetch } = useQuery(meQuery);
  const { pathname, search, hash } = useLocation();
  if (me === undefined) {
    if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
    return <Waiting />;
  }
  if (me === null) {
    return <Navigate to={`/sign-in?to=${encodeURIComponent(pathname + search + hash)}`} replace />;
  }
  return (
    <Suspense fallback={<Waiting />}>
      <AppShell />
    </Suspense>
  );
}

/** For the sign-in and its like: whoever is in already goes on. */
export function OnlyOutside({ to }: { to: string }) {
  const { data: me } = useQuery(meQuery);
  const { search } = useLocation();
  if (me) return <Navigate to={returnPath(new URLSearchParams(search).get("to"), to)} replace />;
  return <Outlet />;
}
