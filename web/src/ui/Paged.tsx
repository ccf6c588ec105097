// A list that comes page by page: what stands there until it has come, when it cannot, and when it is
// empty; and the way to more of it.

import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { cx } from "./cx";
import { ErrorState } from "./ErrorState";
import { SkeletonRows } from "./Skeleton";

type Pages<Row> = UseInfiniteQueryResult<InfiniteData<{ data: readonly Row[] }>>;

type PagedProps<Row> = {
  list: Pages<Row>;
  /** How much stands there until it has come. */
  outline: { rows: number; columns: number };
  /** Where there are no rows. */
  none: ReactNode;
  children: (rows: readonly Row[]) => ReactNode;
};

export function Paged<Row>({ list, outline, none, children }: PagedProps<Row>) {
  const rows = list.data?.pages.flatMap((page) => page.data) ?? [];
  if (list.isPending) return <SkeletonRows {...outline} />;
  if (list.isError && rows.length === 0) {
    return <ErrorState error={list.error} onRetry={() => void list.refetch()} />;
  }
  if (rows.length === 0) return none;
  return (
    <>
      {children(rows)}
      <More list={list} className="border-t border-line p-3" />
    </>
  );
}

export function More<Row>({ list, className }: { list: Pages<Row>; className?: string }) {
  const { t } = useTranslation();
  if (!list.hasNextPage) return null;
  return (
    <div className={cx("flex justify-center", className)}>
      <Button size="sm" pending={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        {t("more")}
      </Button>
    </div>
  );
}
