// What the page of machines reads.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";

/** Machines say how busy they are every fifteen seconds, and there is no stream of that. */
const SAID_EVERY_MS = 15_000;

export const machinesQuery = (retired: boolean) =>
  infiniteQueryOptions({
    queryKey: ["machines", "list", retired],
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/v1/machines", {
          params: { query: { limit: 50, retired, ...(pageParam !== "" && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: SAID_EVERY_MS,
  });

export const loadsQuery = (machine: string) =>
  queryOptions({
    queryKey: ["machines", "loads", machine],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/machines/{machine}/loads", { params: { path: { machine } }, signal })),
    refetchInterval: 60_000,
  });

export const tokensQuery = queryOptions({
  queryKey: ["machines", "tokens"],
  queryFn: ({ signal }) => ask(api.GET("/v1/machines/tokens", { params: { query: { limit: 20 } }, signal })),
});
