// The points of the curves: what another lease says of the same steps takes the place of what was lost.

export type Point = {
  at: string;
  fence: number;
  step: number;
  stepsTotal: number;
  epoch: number;
  etaSeconds: number | undefined;
  /** Whether a checkpoint came with it. */
  saved: boolean;
  metrics: Readonly<Record<string, number>>;
};

const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);

export function readPoint(said: unknown): Point | undefined {
  if (typeof said !== "object" || said === null) return undefined;
  const { at, fence, step, steps_total, epoch, eta_seconds, saved_step, metrics } = said as Record<string, unknown>;
  if (typeof at !== "string" || typeof step !== "number") return undefined;
  const measured: Record<string, number> = {};
  for (const [name, value] of Object.entries(metrics ?? {})) {
    const read = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
    if (Number.isFinite(read)) measured[name] = read;
  }
  return {
    at,
    fence: number(fence),
    step,
    stepsTotal: number(steps_total),
    epoch: number(epoch),
    etaSeconds: typeof eta_seconds === "number" ? eta_seconds : undefined,
    saved: typeof saved_step === "number",
    metrics: measured,
  };
}

/** Steps only rise in what is returned, so it can be drawn. */
export function addPoint(points: readonly Point[], point: Point): Point[] {
  let end = points.length;
  while (end > 0 && (points[end - 1]?.step ?? 0) >= point.step) end -= 1;
  const last = points[end];
  // Of the same lease and step: both figures stand together.
  const metrics =
    last !== undefined && last.step === point.step && last.fence === point.fence
      ? { ...last.metrics, ...point.metrics }
      : point.metrics;
  return [...points.slice(0, end), { ...point, metrics }];
}

export type Curve = { name: string; values: (number | null)[] };

/** A curve for each measure that is of this kind, in the order in which they were first said. */
export function curvesOf(points: readonly Point[], isOfKind: (name: string) => boolean): Curve[] {
  const names: string[] = [];
  for (const point of points) {
    for (const name of Object.keys(point.metrics)) {
      if (isOfKind(name) && !names.includes(name)) names.push(name);
    }
  }
  return names.map((name) => ({ name, values: points.map((point) => point.metrics[name] ?? null) }));
}

const isError = (name: string): boolean => /loss|mae|rmse|error/.test(name);
export const isLoss = isError;
export const isQuality = (name: string): boolean => /accuracy|f1|r2|precision|recall|auc/.test(name);
