// A sheet on the page that holds what belongs together.

import type { ComponentProps, ReactNode } from "react";
import { cx } from "./cx";

export function Card({ className, ...rest }: ComponentProps<"div">) {
  return <div {...rest} className={cx("rounded-lg border border-line bg-surface shadow-1", className)} />;
}

export function CardHeader({ title, aside, children }: { title: ReactNode; aside?: ReactNode; children?: ReactNode }) {
  return (
    <div className="flex items-start justify-between gap-x-4 gap-y-2 border-b border-line px-4 py-3 max-sm:flex-wrap sm:px-5">
      <div className="min-w-0 sm:flex-1">
        <h2 className="text-base font-semibold">{title}</h2>
        {children !== undefined && <p className="mt-0.5 text-sm text-ink-2">{children}</p>}
      </div>
      {aside}
    </div>
  );
}

export function CardBody({ className, ...rest }: ComponentProps<"div">) {
  return <div {...rest} className={cx("px-4 py-4 sm:px-5", className)} />;
}

/** Names and what they are, one under the other. */
export function Facts({ items }: { items: readonly { name: ReactNode; value: ReactNode }[] }) {
  return (
    <dl className="divide-y divide-line text-sm">
      {items.map((item, index) => (
        // Names are words on a fixed list; their order never changes.
        <div key={index} className="flex flex-wrap justify-between gap-x-4 gap-y-0.5 py-2.5 sm:grid sm:grid-cols-[minmax(8rem,14rem)_1fr]">
          <dt className="text-ink-3">{item.name}</dt>
          <dd className="min-w-0 break-words">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
