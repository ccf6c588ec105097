// Puts a refusal of the server beside the field that it is about.

import { isProblemError } from "@/api/problem";
import { useExplain } from "./useExplain";

type Refusal = {
  /** What to say at a field. */
  at: (field: string) => string | undefined;
  /** The refusal, where it is about none of the fields. */
  rest: unknown;
};

/**
 * `places` says to which field of the form a `code` or a `field` of the server belongs; a field of
 * the same name needs no mention.
 */
export function useRefusal(error: unknown, fields: readonly string[], places: Record<string, string> = {}): Refusal {
  const explain = useExplain();
  if (!isProblemError(error)) return { at: () => undefined, rest: error };
  const named = error.field?.split(/[.[]/)[0];
  const place = places[error.code] ?? (named === undefined ? undefined : (places[named] ?? named));
  if (place === undefined || !fields.includes(place)) return { at: () => undefined, rest: error };
  const { title, way } = explain(error);
  return { at: (field) => (field === place ? `${title}. ${way}` : undefined), rest: null };
}
