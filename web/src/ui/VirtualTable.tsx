// A table of which only the rows that are seen are in the page.

import type { RowData } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { cx } from "./cx";
import { HEAD, Heading, side, type TableProps, useRows } from "./Table";

const ROW_PX = 41;

export default function VirtualTable<Row extends RowData>(props: TableProps<Row> & { height: string }) {
  const { label, columns, rows, onRow, onEnd, height, className } = props;
  const { sorted, ...turning } = useRows(props);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => sorted[index]?.id ?? index,
    overscan: 12,
    onChange: (instance) => {
      const last = instance.getVirtualItems().at(-1);
      if (last !== undefined && last.index >= sorted.length - 15) onEnd?.();
    },
  });
  const tracks = columns.map((column) => column.width ?? "minmax(0, 1fr)").join(" ");
  const grid = { display: "grid", gridTemplateColumns: tracks };
  return (
    <div
      ref={scroller}
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      className={cx("overflow-auto text-sm", className)}
      style={{ height }}
    >
      <div role="rowgroup" className="sticky top-0 z-10 border-b border-line bg-surface">
        <div role="row" aria-rowindex={1} style={grid}>
          {columns.map((column) => (
            <div
              key={column.id}
              role="columnheader"
              aria-sort={turning.direction(column.id)}
              className={cx(HEAD, "px-4 py-2", side(column))}
            >
              <Heading column={column} {...turning} />
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const row = sorted[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              data-index={item.index}
              ref={virtual.measureElement}
              onClick={onRow && (() => onRow(row.original))}
              className={cx(
                "absolute inset-x-0 top-0 border-b border-line",
                onRow && "cursor-pointer hover:bg-hover",
              )}
              style={{ ...grid, transform: `translateY(${item.start}px)` }}
            >
              {columns.map((column) => (
                <div
                  key={column.id}
                  role="cell"
                  className={cx("min-w-0 px-4 py-2.5", side(column))}
                >
                  {column.cell(row.original)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
