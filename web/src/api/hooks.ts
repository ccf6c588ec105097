// How a page asks and commands.

import {
  type QueryKey,
  type UseMutationResult,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { useState } from "react";
import { ActionKey } from "./idempotency";
import { isProblemError } from "./problem";

type CommandOptions<In, Out> = {
  /** What is read anew afterwards; everything whose key begins so. */
  touches?: QueryKey[];
  onDone?: (out: Out, asked: In) => void | Promise<void>;
};

/**
 * A command under an idempotency key, which stays the same when the same is sent again after an
 * answer got lost. What it touches is read anew at the position of the command, so the page shows
 * its own write.
 */
export function useCommand<In = void, Out = unknown>(
  run: (asked: In, key: { "Idempotency-Key": string }) => Promise<Out>,
  options: CommandOptions<In, Out> = {},
): UseMutationResult<Out, Error, In> {
  const queries = useQueryClient();
  const [key] = useState(() => new ActionKey());
  return useMutation<Out, Error, In>({
    // Whoever commands is told at once that nobody is there; nothing happens later behind their back.
    networkMode: "always",
    mutationFn: (asked) => run(asked, { "Idempotency-Key": key.for(asked) }),
    onSuccess: async (out, asked) => {
      key.settled();
      const touched = options.touches ?? [];
      await Promise.all(touched.map((queryKey) => queries.invalidateQueries({ queryKey })));
      await options.onDone?.(out, asked);
    },
    onError: (error) => {
      if (!isProblemError(error) || !error.outcomeUnknown) key.settled();
    },
  });
}
