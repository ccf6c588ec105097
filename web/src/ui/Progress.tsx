// How much of something is done.

import { cx } from "./cx";

type ProgressProps = {
  label: string;
  /** From 0 to 1; nothing where it is going on and nobody knows how far. */
  value?: number | undefined;
  tone?: "accent" | "good" | "warn" | "bad";
  className?: string;
};

const TONES = { accent: "bg-accent", good: "bg-good", warn: "bg-warn", bad: "bg-bad" };

export function Progress({ label, value, tone = "accent", className }: ProgressProps) {
  const percent = value === undefined ? undefined : Math.round(Math.min(Math.max(value, 0), 1) * 100);
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className={cx("h-1.5 overflow-hidden rounded-full bg-line", className)}
    >
      <div
        className={cx(
          "h-full rounded-full transition-[width] duration-500 ease-out",
          TONES[tone],
          percent === undefined && "w-1/3 animate-pulse",
        )}
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}
