// A part of a page that scrolls by itself, also for whoever has only a keyboard.

import type { ComponentProps } from "react";
import { cx } from "./cx";

type ScrollProps = ComponentProps<"div"> & { label: string };

export function Scroll({ label, className, ...rest }: ScrollProps) {
  return <div {...rest} role="region" aria-label={label} tabIndex={0} className={cx("overflow-auto", className)} />;
}
