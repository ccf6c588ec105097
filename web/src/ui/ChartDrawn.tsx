// The drawing of curves with uPlot, in the colours of the theme.

import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { onTheme } from "@/shell/theme";
import type { ChartProps } from "./Chart";

const COLOURS = ["--chart-1", "--chart-2", "--chart-3", "--chart-4"];

function colour(name: string, of: HTMLElement): string {
  // A canvas knows nothing of variables, nor of `light-dark()`: a real element resolves both.
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  of.append(probe);
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

function tellLatest(plot: uPlot): void {
  const last = plot.data[0].length - 1;
  if (last >= 0 && plot.cursor.idx == null) plot.setLegend({ idx: last }, false);
}

function options(props: ChartProps, width: number, place: HTMLElement): uPlot.Options {
  const ink = colour("--ink-3", place);
  const line = colour("--line", place);
  const font = '11px "Inter Variable", system-ui, sans-serif';
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  const written = (right: boolean) => props.series.find((one) => (one.right ?? false) === right)?.format;
  const values = (format: ((value: number) => string) | undefined) =>
    format && ((_: uPlot, splits: number[]) => splits.map((split) => format(split)));
  const right = props.series.some((one) => one.right);
  const left = values(written(false));
  const other = values(written(true));
  return {
    width,
    height: props.height ?? 220,
    legend: { live: true },
    // Where nobody points at anything, the latest figures are told.
    hooks: { setLegend: [tellLatest], ready: [tellLatest] },
    cursor: { points: { size: 6 }, y: false },
    scales: { x: { time: props.time ?? false }, y: {}, right: {} },
    axes: [
      { ...axis, label: props.xLabel, labelFont: font, labelSize: 18, size: 32 },
      { ...axis, size: 52, ...(left && { values: left }) },
      ...(right ? [{ ...axis, scale: "right", side: 1, size: 52, grid: { show: false }, ...(other && { values: other }) }] : []),
    ],
    series: [
      { label: props.xLabel },
      ...props.series.map((one, index) => ({
        label: one.label,
        scale: one.right ? "right" : "y",
        stroke: colour(COLOURS[index % COLOURS.length] ?? "--chart-1", place),
        width: 1.75,
        spanGaps: true,
        points: { show: one.values.length < 2 },
        ...(one.format && {
          value: (_: uPlot, value: number | null) => (value === null ? "–" : (one.format?.(value) ?? "")),
        }),
      })),
    ],
  };
}

export default function ChartDrawn(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const { i18n } = useTranslation();
  const data = useMemo(
    () => [props.x, ...props.series.map((one) => one.values)] as unknown as uPlot.AlignedData,
    [props.x, props.series],
  );
  const latest = useRef({ props, data });
  useEffect(() => {
    latest.current = { props, data };
    plot.current?.setData(data);
    if (plot.current !== undefined) tellLatest(plot.current);
  }, [props, data]);

  // What makes another chart of it; new figures alone are only set.
  const shape = JSON.stringify([props.series.map((one) => [one.label, one.right]), props.xLabel, props.height, props.time, i18n.language]);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      const { props: now, data: figures } = latest.current;
      plot.current = new uPlot(options(now, element.clientWidth, element), figures, element);
    };
    draw();
    const sized = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: latest.current.props.height ?? 220 });
    });
    sized.observe(element);
    const stop = onTheme(draw);
    return () => {
      stop();
      sized.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape]);

  return <div ref={place} role="img" aria-label={props.label} className="chart min-w-0" />;
}
