// Everything that can go wrong between this page and the server, in one shape.

import type { Problem } from "./schema";

/** No answer came: the network or the server is away. It may have been done all the same. */
export const UNREACHABLE = "unreachable";
/** An answer came that is none of the server's: a proxy's page, a broken body. */
export const GARBLED = "garbled";

export class ProblemError extends Error {
  override readonly name = "ProblemError";
  /** 0 where no answer came. */
  readonly status: number;
  readonly code: string;
  readonly detail: string | undefined;
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: Partial<Problem> & { status: number; code: string }, retryAfter?: number) {
    super(problem.title ?? problem.code);
    this.status = problem.status;
    this.code = problem.code;
    this.detail = problem.detail ?? undefined;
    this.field = problem.field ?? undefined;
    this.requestId = problem.request_id ?? undefined;
    this.retryAfterSeconds = retryAfter;
  }

  /** Whether asking the same again may help, without anybody doing anything else. */
  get passes(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** Whether it may have been done although no answer says so. */
  get outcomeUnknown(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 408;
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "status" in value;
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

/** What an answer says that is no success. The body may have been read by somebody else already. */
export async function problemOf(response: Response, body?: unknown): Promise<ProblemError> {
  let said = body;
  if (said === undefined && !response.bodyUsed) {
    said = await response.json().catch(() => undefined);
  }
  if (isProblem(said)) return new ProblemError(said, retryAfter(response));
  return new ProblemError({ status: response.status, code: GARBLED }, retryAfter(response));
}

export function unreachable(cause: unknown): ProblemError {
  const error = new ProblemError({ status: 0, code: UNREACHABLE });
  error.cause = cause;
  return error;
}

export const isProblemError = (error: unknown): error is ProblemError =>
  error instanceof ProblemError;
