// What the pages of money read.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";

export const walletQuery = queryOptions({
  queryKey: ["wallet"],
  queryFn: ({ signal }) => ask(api.GET("/v1/wallet", { signal })),
});

export const explanationQuery = (position: number) =>
  queryOptions({
    queryKey: ["statement", "event", position],
    queryFn: ({ signal }) =>
      ask(
        api.GET("/v1/wallet/events/{position}", {
          params: { path: { position: String(position) } },
          signal,
        }),
      ),
    // What has happened does not change.
    staleTime: Number.POSITIVE_INFINITY,
  });

const WAITS = new Set(["requested", "open", "processing"]);
/** A refund that has not arrived yet. */
const GOES_BACK = new Set(["requested", "sent"]);

export const paymentsQuery = infiniteQueryOptions({
  queryKey: ["payments", "all"],
  queryFn: ({ pageParam, signal }) =>
    ask(
      api.GET("/v1/payments", {
        params: { query: { limit: 25, ...(pageParam !== "" && { cursor: pageParam }) } },
        signal,
      }),
    ),
  initialPageParam: "",
  getNextPageParam: (last) => last.next ?? undefined,
});

export const paymentQuery = (payment: string) =>
  queryOptions({
    queryKey: ["payments", "one", payment],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/payments/{payment}", { params: { path: { payment } }, signal })),
    // Somebody who comes back from the checkout waits for a notice that is seconds away.
    refetchInterval: ({ state }) => {
      if (state.data === undefined) return false;
      const { status, refunds } = state.data;
      if (WAITS.has(status)) return state.dataUpdateCount < 10 ? 2_000 : 10_000;
      return refunds.some((refund) => GOES_BACK.has(refund.status)) ? 10_000 : false;
    },
  });

export const receiptKeyQuery = queryOptions({
  queryKey: ["receipt-key"],
  queryFn: ({ signal }) => ask(api.GET("/v1/receipts/key", { signal })),
  staleTime: 60 * 60_000,
});
