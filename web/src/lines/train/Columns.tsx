// The columns of a table, and its first rows.

import { useTranslation } from "react-i18next";
import type { Column as ColumnOf, Report } from "@/api/schema";
import { Badge, type Column, Scroll, Table } from "@/ui";
import { count } from "@/ui/figures";

export function Columns({ report }: { report: Report }) {
  const { t, i18n } = useTranslation("train");
  const { columns, label_column, text_column } = report.shape;
  const shown: Column<ColumnOf>[] = [
    {
      id: "name",
      header: t("column.name"),
      cell: (it) => (
        <span className="inline-flex flex-wrap items-center gap-1.5 font-medium break-all">
          {it.name}
          {it.name === label_column && <Badge tone="accent">{t("column.label")}</Badge>}
          {it.name === text_column && <Badge>{t("column.text")}</Badge>}
        </span>
      ),
    },
    { id: "kind", header: t("column.kind"), cell: (it) => t(`kind.${it.kind}`) },
    {
      id: "missing",
      header: t("column.missing"),
      align: "right",
      cell: (it) => count(it.missing, i18n.language),
      sortBy: (it) => it.missing,
    },
    {
      id: "distinct",
      header: t("column.distinct"),
      align: "right",
      wide: true,
      cell: (it) => (it.distinct == null ? t("column.many") : count(it.distinct, i18n.language)),
      sortBy: (it) => it.distinct ?? Number.MAX_SAFE_INTEGER,
    },
  ];
  return (
    <Scroll label={t("inspection.columnsTab")} className="max-h-80 rounded-lg border border-line">
      <Table label={t("inspection.columnsTab")} columns={shown} rows={columns} rowKey={(it) => it.name} />
    </Scroll>
  );
}

export function Preview({ columns, rows }: { columns: readonly ColumnOf[]; rows: readonly string[][] }) {
  const { t } = useTranslation("train");
  // The first row is the header, where the columns are called by it.
  const first = rows[0];
  const isHeader = first !== undefined && columns.every((column, index) => first[index]?.trim() === column.name);
  const body = isHeader ? rows.slice(1) : rows;
  return (
    <Scroll label={t("inspection.preview")} className="max-h-80 rounded-lg border border-line">
      <table className="w-full border-collapse text-xs">
        <thead className="sticky top-0 bg-sunken">
          <tr>
            {columns.map((column, index) => (
              <th key={index} scope="col" className="border-b border-line px-3 py-2 text-left font-medium whitespace-nowrap text-ink-2">
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">
          {body.map((row, at) => (
            <tr key={at}>
              {row.map((cell, index) => (
                <td key={index} className="max-w-64 truncate px-3 py-1.5 whitespace-nowrap" title={cell}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
