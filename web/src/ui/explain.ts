// From a refusal of the server to words that say what happened and what to do.

import type { TFunction } from "i18next";
import { isProblemError, type ProblemError } from "@/api/problem";
import type problems from "@/i18n/en/problems.json";

type Known = keyof (typeof problems)["codes"];

export type Explained = {
  title: string;
  /** The way out. */
  way: string;
  /** Whether asking again may help. */
  again: boolean;
  /** Under which the support finds it, where it was our fault. */
  requestId: string | undefined;
};

type Explain = { t: TFunction<["problems"]>; known: (code: string) => boolean };

function general(problem: ProblemError): Known {
  if (problem.status === 404) return "not-found";
  if (problem.status === 403) return "forbidden";
  if (problem.status === 401) return "unauthenticated";
  if (problem.status === 429) return "too-many-requests";
  if (problem.status === 503) return "unavailable";
  if (problem.status >= 500 || problem.status === 0) return "internal";
  return "refused";
}

export function explain(error: unknown, { t, known }: Explain): Explained {
  if (!isProblemError(error)) {
    return { title: t("codes.broken.title"), way: t("codes.broken.way"), again: true, requestId: undefined };
  }
  const code = (known(error.code) ? error.code : general(error)) as Known;
  const seconds = error.retryAfterSeconds;
  const waits = seconds !== undefined && seconds > 1 && (error.status === 429 || error.status === 423);
  const wait = !waits
    ? ""
    : seconds < 100
      ? ` ${t("inSeconds", { count: Math.ceil(seconds) })}`
      : ` ${t("inMinutes", { count: Math.ceil(seconds / 60) })}`;
  return {
    title: t(`codes.${code}.title`),
    way: t(`codes.${code}.way`) + wait,
    again: error.passes,
    requestId: error.status >= 500 ? error.requestId : undefined,
  };
}
