// What the pages of jobs read.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ask } from "@/api/client";
import { problemOf } from "@/api/problem";
import { transport } from "@/api/transport";
import { isOver, type JobStatus, unitOf } from "./names";

/** What a command to a job changes. */
export const TOUCHES = [["jobs"], ["wallet"], ["statement"]];

/** Where there is no stream, or while it is broken. */
const SELDOM_MS = 15_000;

export const jobsQuery = (status: JobStatus | undefined) =>
  infiniteQueryOptions({
    queryKey: ["jobs", "list", status ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      ask(
        api.GET("/v1/jobs", {
          params: {
            query: { limit: 25, ...(status && { status }), ...(pageParam !== "" && { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next ?? undefined,
    refetchInterval: ({ state }) => {
      const goesOn = state.data?.pages.some((page) => page.data.some((job) => !isOver(job.status)));
      return goesOn ? SELDOM_MS : false;
    },
  });

export const jobQuery = (job: string) =>
  queryOptions({
    queryKey: ["jobs", "one", job],
    queryFn: ({ signal }) => ask(api.GET("/v1/jobs/{job}", { params: { path: { job } }, signal })),
    refetchInterval: ({ state }) => (state.data && !isOver(state.data.status) ? SELDOM_MS : false),
  });

export const whyQuery = (job: string) =>
  queryOptions({
    queryKey: ["jobs", "why", job],
    queryFn: ({ signal }) =>
      ask(api.GET("/v1/tasks/{unit}/why", { params: { path: { unit: unitOf(job) } }, signal })),
    refetchInterval: ({ state }) => (state.data?.status === "waiting" ? 10_000 : SELDOM_MS),
  });

/** As text: what is verified is the file, not what a program made of it. */
export const receiptQuery = (job: string, asOf = "now") =>
  queryOptions({
    queryKey: ["jobs", "receipt", job, asOf],
    queryFn: async ({ signal }) => {
      const path = `/v1/receipts/${encodeURIComponent(job)}`;
      const response = await transport(new Request(new URL(path, location.origin), { signal }));
      if (!response.ok) throw await problemOf(response);
      return await response.text();
    },
    staleTime: 5_000,
  });
