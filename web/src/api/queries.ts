// The memory of what was read: what is tried again, and how long it counts as fresh.

import { QueryClient, onlineManager } from "@tanstack/react-query";
import { connection, onConnection } from "./connection";
import { isProblemError } from "./problem";

const TRIES_MAX = 3;

export function makeQueries(): QueryClient {
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        gcTime: 10 * 60_000,
        retry: (failures, error) =>
          failures < TRIES_MAX && isProblemError(error) && error.passes && error.status !== 500,
        retryDelay: (failures, error) => {
          const asked = isProblemError(error) ? error.retryAfterSeconds : undefined;
          const pause = asked === undefined ? 500 * 2 ** failures : asked * 1_000;
          return Math.min(pause, 15_000) + Math.random() * 250;
        },
      },
    },
  });
  // Reading pauses while nobody answers, and goes on by itself.
  onlineManager.setEventListener((set) => onConnection((now) => set(now === "connected")));
  onlineManager.setOnline(connection() === "connected");
  return queries;
}
