// The shape of what is on its way.

import { useTranslation } from "react-i18next";
import { cx } from "./cx";

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cx("animate-pulse rounded-md bg-line", className ?? "h-4 w-full")} />;
}

/** Says once that something is being read, however many shapes there are. */
export function Loading({ children }: { children: React.ReactNode }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-live="polite">
      <span className="sr-only">{t("loading")}</span>
      {children}
    </div>
  );
}

export function SkeletonRows({ rows = 5, columns = 4 }: { rows?: number; columns?: number }) {
  return (
    <Loading>
      <div className="divide-y divide-line">
        {Array.from({ length: rows }, (_, row) => (
          <div key={row} className="flex gap-6 px-5 py-3.5">
            {Array.from({ length: columns }, (_, column) => (
              <Skeleton key={column} className={cx("h-3.5", column === 0 ? "flex-2" : "flex-1", column > 1 && "max-sm:hidden")} />
            ))}
          </div>
        ))}
      </div>
    </Loading>
  );
}

export function SkeletonText({ lines = 3 }: { lines?: number }) {
  return (
    <Loading>
      <div className="grid gap-2.5">
        {Array.from({ length: lines }, (_, line) => (
          <Skeleton key={line} className={cx("h-3.5", line === lines - 1 ? "w-2/3" : "w-full")} />
        ))}
      </div>
    </Loading>
  );
}

/** A page of which nothing is there yet. */
export function SkeletonPage() {
  return (
    <Loading>
      <div className="grid gap-6 py-1">
        <Skeleton className="h-7 w-56" />
        <Skeleton className="h-36 w-full rounded-lg" />
        <Skeleton className="h-56 w-full rounded-lg" />
      </div>
    </Loading>
  );
}
