// A word about how something stands.

import type { ReactNode } from "react";
import { cx } from "./cx";

export type Tone = "neutral" | "accent" | "good" | "warn" | "bad";

const TONES: Record<Tone, string> = {
  neutral: "bg-sunken text-ink-2 ring-line",
  accent: "bg-accent-soft text-accent-ink ring-accent-ink/20",
  good: "bg-good-soft text-good ring-good/20",
  warn: "bg-warn-soft text-warn ring-warn/20",
  bad: "bg-bad-soft text-bad ring-bad/20",
};

const LOOK =
  "inline-flex items-center gap-1.5 rounded-full px-2 py-px text-xs font-medium whitespace-nowrap ring-1 ring-inset";

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={cx(LOOK, TONES[tone])}>{children}</span>;
}

/** With a dot, which beats while something is going on. */
export function Status({ tone, live = false, children }: { tone: Tone; live?: boolean; children: ReactNode }) {
  return (
    <span className={cx(LOOK, TONES[tone])}>
      <span aria-hidden className={cx("size-1.5 rounded-full bg-current", live && "animate-pulse")} />
      {children}
    </span>
  );
}
