// The story of a job and its curves, as the page tells them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { standingOf } from "@/lines/jobs/names";
import { addPoint, curvesOf, isLoss, type Point, readPoint } from "@/lines/jobs/points";
import { storyOf } from "@/lines/jobs/story";
import type { Receipt } from "@/lines/payments/verify";

const genuine = readFileSync(join(import.meta.dirname, "../payments/receipt.json"), "utf8");
const usd = (amount: string) => ({ amount, currency: "USD" });

/** A receipt that tells of these events; whether it holds is no matter of the story. */
function telling(events: [type: string, said: object][]): string {
  const receipt = JSON.parse(genuine) as Receipt;
  const [like] = receipt.events;
  if (like === undefined) throw new Error("no event");
  receipt.events = events.map(([type, said], at) => ({
    ...like,
    position: at + 1,
    event_type: type,
    payload: JSON.stringify({ [type]: { at: "2026-11-22T00:00:00Z", ...said } }),
  }));
  return JSON.stringify(receipt);
}

const charge = (step: number, amount: string) =>
  ["job.charged", { amount: usd(amount), step, trained_seconds: step }] as [string, object];
const start = (machine: string) =>
  ["job.started", { machine, fence: 1, rate: { price: "0.20", currency: "USD" } }] as [string, object];

describe("the story of a job", () => {
  it("is that of a real one", () => {
    expect(storyOf(genuine).map((it) => it.kind)).toEqual(["ordered", "payment-opened", "funded", "started", "saved", "done"]);
  });

  it("puts what one machine saved into one chapter, and begins another with the next", () => {
    const story = storyOf(
      telling([
        start("machine_a"),
        charge(10, "0.10"),
        charge(20, "0.20"),
        ["job.interrupted", { because: "machine-lost" }],
        start("machine_b"),
        charge(25, "0.05"),
        start("machine_a"),
      ]),
    );
    expect(story).toMatchObject([
      { kind: "started", machine: 1, from: 0 },
      { kind: "saved", times: 2, step: 20, amount: usd("0.30") },
      { kind: "interrupted", because: "machine-lost", kept: 20 },
      { kind: "started", machine: 2, from: 20 },
      { kind: "saved", times: 1, step: 25 },
      { kind: "started", machine: 1, from: 25 },
    ]);
  });

  it("goes on where an event cannot be understood, and is empty where there is no receipt", () => {
    expect(storyOf(telling([["job.funded", {}], start("machine_a")])).map((it) => it.kind)).toEqual(["started"]);
    expect(storyOf("")).toEqual([]);
    expect(storyOf("{}")).toEqual([]);
  });
});

describe("where a job stands", () => {
  it.each([
    ["pending", "awaiting-payment", "unpaid"],
    ["pending", "funds-missing", "funds-missing"],
    ["queued", "waiting-for-a-machine", "waiting"],
    ["queued", "machine-lost", "returned"],
    ["queued", "paused-asked", "paused"],
    ["queued", "paused-budget", "budget"],
    ["running", null, "running"],
    ["running", "pausing", "pausing"],
    ["running", "cancelling", "cancelling"],
    ["done", null, "done"],
    ["error", "cancelled", "cancelled"],
    ["error", "bad-data", "failed"],
    ["error", "out-of-memory", "failed"],
  ])("%s because of %s is %s", (status, reason, standing) => {
    expect(standingOf({ status, reason })).toBe(standing);
  });
});

describe("the curves", () => {
  const point = (step: number, fence: number, metrics: Record<string, number>): Point => ({
    at: "", fence, step, stepsTotal: 100, epoch: 0, etaSeconds: undefined, saved: false, metrics,
  });

  it("take what another lease says of the same steps for what was lost", () => {
    let points: Point[] = [];
    for (const [step, fence] of [[1, 1], [5, 1], [9, 1], [6, 2], [8, 2]] as const) {
      points = addPoint(points, point(step, fence, { loss: fence }));
    }
    expect(points.map((it) => [it.step, it.fence])).toEqual([[1, 1], [5, 1], [6, 2], [8, 2]]);
  });

  it("keep both figures of one step", () => {
    const points = addPoint([point(3, 1, { loss: 1 })], point(3, 1, { validation_loss: 2 }));
    expect(points).toHaveLength(1);
    expect(curvesOf(points, isLoss)).toEqual([
      { name: "loss", values: [1] },
      { name: "validation_loss", values: [2] },
    ]);
  });

  it("have a gap where a measure was not said", () => {
    const points = [point(1, 1, { loss: 1 }), point(2, 1, {}), point(3, 1, { loss: 3 })];
    expect(curvesOf(points, isLoss)[0]?.values).toEqual([1, null, 3]);
  });

  it("leave out what is no number", () => {
    const said = { at: "2026-11-22T00:00:00Z", step: 1, metrics: { loss: "0.5", other: "NaN", empty: "", text: "x" } };
    expect(readPoint(said)?.metrics).toEqual({ loss: 0.5 });
    expect(readPoint({ step: 1 })).toBeUndefined();
    expect(readPoint(null)).toBeUndefined();
  });
});
