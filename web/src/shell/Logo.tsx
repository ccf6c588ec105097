// The mark: three entries of a chain, each resting on the one before.

import { PRODUCT } from "@/ui/Page";

export function Mark({ className = "size-6" }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden className={className}>
      <rect width="24" height="24" rx="6" className="fill-accent" />
      <path
        d="M6 16.5h4.5V12H15V7.5h3"
        fill="none"
        strokeWidth="2.25"
        strokeLinecap="round"
        strokeLinejoin="round"
        className="stroke-on-accent"
      />
      <circle cx="6" cy="16.5" r="1.9" className="fill-on-accent" />
    </svg>
  );
}

export function Logo() {
  return (
    <span className="inline-flex items-center gap-2 text-base font-semibold tracking-tight">
      <Mark />
      {PRODUCT}
    </span>
  );
}
