// Lets in who is signed in, and sends the others to the sign-in and back.

import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { Navigate, useLocation } from "react-router";
import { page } from "@/shell/page";
import { ErrorState } from "@/ui/ErrorState";
import { SkeletonPage } from "@/ui/Skeleton";
import { meQuery } from "./session";

const fetchShell = async () => ({ default: (await import("@/shell/AppShell")).AppShell });
const AppShell = page(fetchShell);

/** Fetches the frame before anybody has been asked who is there. */
export const preloadShell = AppShell.preload;

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
    // What stands behind `#` may open an account: it goes on beside the address, not in it.
    const to = encodeURIComponent(pathname + search);
    return <Navigate to={`/sign-in?to=${to}`} state={{ hash }} replace />;
  }
  return (
    <Suspense fallback={<Waiting />}>
      <AppShell />
    </Suspense>
  );
}
