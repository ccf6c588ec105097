// Stands in for `react-remove-scroll`, which Radix brings: that one writes style elements into the
// page, and the server's policy refuses them. `stayPut.ts` does its work.

import type { ReactNode } from "react";

export function RemoveScroll({ children }: { children?: ReactNode }) {
  return children;
}
