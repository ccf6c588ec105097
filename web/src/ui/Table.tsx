// Tables: columns once, rows as they come.

import {
  type ColumnDef,
  createSortedRowModel,
  type RowData,
  rowSortingFeature,
  sortFns,
  type SortingState,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { cx } from "./cx";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
});

export type Column<Row> = {
  id: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  /** By what the column sorts; without it the column does not. */
  sortBy?: (row: Row) => string | number | bigint;
  /** Figures stand on the right. */
  align?: "left" | "right";
  /** Left out on telephones. */
  wide?: boolean;
};

type TableProps<Row extends RowData> = {
  /** What the table shows, for whoever does not see it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  onRow?: (row: Row) => void;
  className?: string;
};

function useRows<Row extends RowData>({ columns, rows, rowKey }: TableProps<Row>) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const defined = useMemo(
    () =>
      columns.map(
        (column): ColumnDef<typeof features, Row> => ({
          id: column.id,
          accessorFn: (row: Row) => column.sortBy?.(row),
          enableSorting: column.sortBy !== undefined,
        }),
      ),
    [columns],
  );
  const table = useTable({
    features,
    columns: defined,
    data: rows as Row[],
    getRowId: rowKey,
    state: { sorting },
    onSortingChange: setSorting,
  });
  const direction = (id: string) => {
    const by = sorting.find((entry) => entry.id === id);
    return by === undefined ? undefined : by.desc ? "descending" : "ascending";
  };
  const turn = (id: string) => table.getColumn(id)?.toggleSorting();
  return { sorted: table.getRowModel().rows, direction, turn };
}

type Turning = {
  direction: (id: string) => "ascending" | "descending" | undefined;
  turn: (id: string) => void;
};

function Heading<Row>({ column, direction, turn }: { column: Column<Row> } & Turning) {
  const sorted = direction(column.id);
  if (column.sortBy === undefined) return column.header;
  return (
    <button
      type="button"
      onClick={() => turn(column.id)}
      className="inline-flex items-center gap-1 font-medium hover:text-ink [&_svg]:size-3"
    >
      {column.header}
      {sorted === "ascending" && <ArrowUp aria-hidden />}
      {sorted === "descending" && <ArrowDown aria-hidden />}
    </button>
  );
}

const HEAD = "text-xs font-medium text-ink-3 whitespace-nowrap";
const side = (column: { align?: "left" | "right" }) => column.align === "right" && "text-right";

export function Table<Row extends RowData>(props: TableProps<Row>) {
  const { label, columns, onRow, className } = props;
  const { sorted, ...turning } = useRows(props);
  return (
    <div className={cx("overflow-x-auto", className)}>
      <table aria-label={label} className="w-full border-collapse text-sm">
        <thead>
          <tr className="border-b border-line">
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                aria-sort={turning.direction(column.id)}
                className={cx(
                  HEAD,
                  "px-4 py-2 text-left sm:px-5",
                  side(column),
                  column.wide && "max-md:hidden",
                )}
              >
                <Heading column={column} {...turning} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {sorted.map((row) => (
            <tr
              key={row.id}
              onClick={onRow && (() => onRow(row.original))}
              className={cx("transition-colors", onRow && "cursor-pointer hover:bg-hover")}
            >
              {columns.map((column) => (
                <td
                  key={column.id}
                  className={cx(
                    "px-4 py-2.5 align-middle sm:px-5",
                    side(column),
                    column.wide && "max-md:hidden",
                  )}
                >
                  {column.cell(row.original)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
