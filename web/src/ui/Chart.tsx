// Curves over time or steps; the library comes with the first chart that is shown.

import { lazy, Suspense } from "react";
import { Loading, Skeleton } from "./Skeleton";

export type Series = {
  label: string;
  values: readonly (number | null)[];
  /** How a figure reads. */
  format?: (value: number) => string;
  /** Its own axis on the right, such as accuracy beside loss. */
  right?: boolean;
};

export type ChartProps = {
  /** What it shows, for whoever does not see it. */
  label: string;
  x: readonly number[];
  xLabel: string;
  /** Whether `x` is Unix seconds. */
  time?: boolean;
  series: readonly Series[];
  height?: number;
};

const Drawn = lazy(() => import("./ChartDrawn"));

export function Chart(props: ChartProps) {
  const height = props.height ?? 220;
  return (
    <Suspense
      fallback={
        <Loading>
          <div style={{ height }}>
            <Skeleton className="h-full w-full" />
          </div>
        </Loading>
      }
    >
      <Drawn {...props} height={height} />
    </Suspense>
  );
}
