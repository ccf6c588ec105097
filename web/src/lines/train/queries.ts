// What the order form reads.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import type { Run } from "@/api/schema";

export const cardsQuery = queryOptions({
  queryKey: ["cards"],
  queryFn: ({ signal }) => ask(api.GET("/v1/cards", { signal })),
  // They change with the program alone.
  staleTime: 5 * 60_000,
});

export const datasetQuery = (dataset: string) =>
  queryOptions({
    queryKey: ["datasets", dataset],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/datasets/{object}", { params: { path: { object: dataset } }, signal })),
    // There is no stream of it, and it is looked into within seconds.
    refetchInterval: ({ state }) =>
      state.data?.standing === "arriving" || state.data?.standing === "inspecting" ? 3_000 : false,
  });

export const datasetsQuery = infiniteQueryOptions({
  queryKey: ["datasets", "all"],
  queryFn: ({ pageParam, signal }) =>
    ask(
      api.GET("/v1/datasets", {
        params: { query: { limit: 20, ...(pageParam !== "" && { cursor: pageParam }) } },
        signal,
      }),
    ),
  initialPageParam: "",
  getNextPageParam: (last) => last.next ?? undefined,
});

export const estimateQuery = (run: Run) =>
  queryOptions({
    queryKey: ["estimate", run],
    queryFn: ({ signal }) => ask(api.POST("/v1/jobs/estimate", { body: run, signal })),
    // Machines come and go, and the wallet changes.
    staleTime: 15_000,
    refetchInterval: 60_000,
  });
