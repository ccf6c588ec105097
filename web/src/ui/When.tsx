// A moment in the reader's own zone; whoever points at it sees it in UTC.

import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";

type WhenProps = {
  at: string;
  /** `relative` says "3 minutes ago" and goes on counting. */
  as?: "moment" | "day" | "time" | "relative";
  className?: string;
};

const STYLES = {
  moment: { dateStyle: "medium", timeStyle: "short" },
  day: { dateStyle: "medium" },
  time: { timeStyle: "medium" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formats.set(key, known);
  return known;
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

export function relative(at: Date, now: number, locale: string): string {
  const seconds = Math.round((at.getTime() - now) / 1_000);
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return words.format(Math.trunc(seconds / length), unit);
  }
  return words.format(0, "second");
}

/** One clock for every moment on the page. */
const listeners = new Set<() => void>();
let clock: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function tick(listener: () => void): () => void {
  listeners.add(listener);
  clock ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 20_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(clock);
      clock = undefined;
    }
  };
}

const still = () => () => {};

export function When({ at, as = "moment", className }: WhenProps) {
  const { i18n } = useTranslation();
  const seen = useSyncExternalStore(as === "relative" ? tick : still, () => now);
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const utc = () => `${format(i18n.language, { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" }).format(date)} UTC`;
  const said =
    as === "relative"
      ? relative(date, Math.max(seen, date.getTime()), i18n.language)
      : format(i18n.language, STYLES[as]).format(date);
  return (
    <time
      dateTime={at}
      className={className}
      // Nobody waits for what is only told to who points at it.
      onPointerEnter={(event) => {
        event.currentTarget.title = utc();
      }}
    >
      {said}
    </time>
  );
}
