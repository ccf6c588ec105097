// What jobs are called by the server, narrowed to what the pages have words for.

import type { ShownJob } from "@/api/schema";
import type { Tone } from "@/ui";

export const STATUSES = ["pending", "queued", "running", "done", "error"] as const;
export type JobStatus = (typeof STATUSES)[number];

export const isStatus = (text: string | null): text is JobStatus => STATUSES.includes(text as JobStatus);

/** What a status is shown as: five words say less than somebody who waits wants to know. */
export const STANDINGS = [
  "unpaid",
  "funds-missing",
  "waiting",
  "returned",
  "running",
  "pausing",
  "paused",
  "budget",
  "cancelling",
  "cancelled",
  "failed",
  "done",
] as const;
export type Standing = (typeof STANDINGS)[number];

/** Why a machine let go of a job that goes on elsewhere. */
export const LETTING_GO = ["machine-lost", "machine-draining", "machine-failed", "out-of-memory", "trainer-failed"] as const;
export type LettingGo = (typeof LETTING_GO)[number];
export const isLettingGo = (text: unknown): text is LettingGo => LETTING_GO.includes(text as LettingGo);

export const FAILURES = ["bad-data", "out-of-memory", "trainer", "machines", "time"] as const;
export type Failure = (typeof FAILURES)[number];
export const isFailure = (text: unknown): text is Failure => FAILURES.includes(text as Failure);

export function standingOf({ status, reason }: Pick<ShownJob, "status" | "reason">): Standing {
  if (reason === "cancelling" || reason === "pausing") return reason;
  if (status === "pending") return reason === "funds-missing" ? "funds-missing" : "unpaid";
  if (status === "running") return "running";
  if (status === "done") return "done";
  if (status === "error") return reason === "cancelled" ? "cancelled" : "failed";
  if (reason === "paused-asked") return "paused";
  if (reason === "paused-budget") return "budget";
  return isLettingGo(reason) ? "returned" : "waiting";
}

export const TONES: Record<Standing, Tone> = {
  unpaid: "warn",
  "funds-missing": "warn",
  waiting: "neutral",
  returned: "warn",
  running: "accent",
  pausing: "accent",
  paused: "neutral",
  budget: "warn",
  cancelling: "neutral",
  cancelled: "neutral",
  failed: "bad",
  done: "good",
};

export const isLive = (standing: Standing): boolean =>
  standing === "running" || standing === "pausing" || standing === "cancelling";

/** A job on which nothing is done, nor will be before somebody decides something. */
export const rests = (standing: Standing): boolean => standing === "paused" || standing === "budget";

export const isOver = (status: string): boolean => status === "done" || status === "error";

/** A job and the unit of its work have one identity under two names. */
export const jobOf = (task: string): string => task.replace(/^unit_/, "job_");
export const unitOf = (job: string): string => job.replace(/^job_/, "unit_");
