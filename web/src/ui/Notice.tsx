// Something to know before going on.

import { CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";

const ICONS = { plain: Info, good: CircleCheck, warn: TriangleAlert };
const LOOKS = {
  plain: "border-line bg-sunken [&>svg]:text-ink-3",
  good: "border-good/25 bg-good-soft [&>svg]:text-good",
  warn: "border-warn/25 bg-warn-soft [&>svg]:text-warn",
};

export function Notice({ tone = "plain", title, children }: { tone?: keyof typeof ICONS; title?: ReactNode; children?: ReactNode }) {
  const Icon = ICONS[tone];
  return (
    <div className={cx("flex gap-2.5 rounded-md border px-3.5 py-3 text-sm", LOOKS[tone])}>
      <Icon aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0">
        {title !== undefined && <p className="font-medium">{title}</p>}
        {children !== undefined && <div className="text-ink-2">{children}</div>}
      </div>
    </div>
  );
}
