// A line at the top while a page is on its way; the page before it stays meanwhile.

import { useSyncExternalStore } from "react";
import { isLoading, onLoading } from "./page";

export function PageLoading() {
  const loading = useSyncExternalStore(onLoading, isLoading);
  if (!loading) return null;
  return <div aria-hidden className="animate-arrive fixed inset-x-0 top-0 z-60 h-0.5 origin-left bg-accent" />;
}
