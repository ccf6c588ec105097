// Names and what they are, side by side in little room: the figures stand on the right.

import type { ReactNode } from "react";

export function Pairs({ items }: { items: readonly { name: ReactNode; value: ReactNode }[] }) {
  return (
    <dl className="divide-y divide-line text-sm">
      {items.map((item, index) => (
        // Names are words on a fixed list; their order never changes.
        <div key={index} className="flex items-baseline justify-between gap-4 py-2">
          <dt className="shrink-0 text-ink-3">{item.name}</dt>
          <dd className="min-w-0 text-right break-words">{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
