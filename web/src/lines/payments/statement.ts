// The statement as it grows: its latest lines are read again, and what lies behind them never changes.

import { infiniteQueryOptions, queryOptions, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, ask } from "@/api/client";
import type { PageStatementLine, StatementLine } from "@/api/schema";

const LINES_PER_PAGE = 200;

const read = (cursor: string | undefined, signal: AbortSignal) =>
  ask(
    api.GET("/v1/wallet/statement", {
      params: { query: { limit: LINES_PER_PAGE, ...(cursor !== undefined && { cursor }) } },
      signal,
    }),
  );

/**
 * What was read now before what was known. Where so much happened in between that they do not meet,
 * only what was read now counts.
 */
export function joined(now: PageStatementLine, known: PageStatementLine | undefined): PageStatementLine {
  const newest = known?.data[0]?.position;
  const meet = now.data.findIndex((line) => line.position === newest);
  if (known === undefined || meet === -1) return now;
  return { ...known, data: [...now.data.slice(0, meet), ...known.data] };
}

const KEY = ["statement"];

export const latestQuery = queryOptions({
  queryKey: KEY,
  queryFn: async ({ signal, client }) =>
    joined(await read(undefined, signal), client.getQueryData<PageStatementLine>(KEY)),
});

const earlierQuery = (from: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...KEY, "earlier", from],
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: from,
    getNextPageParam: (last) => last.next ?? undefined,
    // Read when somebody comes there, and never again.
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

type StatementSoFar = {
  lines: readonly StatementLine[];
  isPending: boolean;
  /** Of the latest lines, where there are none to show. */
  error: unknown;
  retry: () => void;
  /** Whether there are lines before these. */
  more: boolean;
  /** What kept us from reading them. */
  moreError: unknown;
  isReading: boolean;
  readOn: () => void;
};

export function useStatement(): StatementSoFar {
  const latest = useQuery(latestQuery);
  const from = latest.data?.next ?? undefined;
  const earlier = useInfiniteQuery(earlierQuery(from));
  const lines = useMemo(
    () => [...(latest.data?.data ?? []), ...(earlier.data?.pages.flatMap((page) => page.data) ?? [])],
    [latest.data, earlier.data],
  );
  return {
    lines,
    isPending: latest.isPending,
    error: latest.data === undefined ? latest.error : null,
    retry: () => void latest.refetch(),
    more: from !== undefined && (earlier.data === undefined || earlier.hasNextPage),
    moreError: earlier.error,
    isReading: earlier.isFetching,
    // Asked for again while it is on its way, it goes on being on its way.
    readOn: () => void earlier.fetchNextPage({ cancelRefetch: false }),
  };
}
