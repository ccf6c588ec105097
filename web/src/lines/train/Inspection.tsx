// What the server found in a dataset: columns, the first rows, how often each label, what is wrong.

import { CircleCheck, CircleX, LoaderCircle, Replace } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { InspectedDataset, Report } from "@/api/schema";
import { Button, Field, Select, Tabs } from "@/ui";
import { bytes } from "@/ui/figures";
import { ClassCounts } from "./ClassCounts";
import { Columns, Preview } from "./Columns";
import type { Draft } from "./draft";
import { Findings } from "./Findings";
import type { Change } from "./Train";

type InspectionProps = { dataset: InspectedDataset; draft: Draft; change: Change; onOther: () => void };

export function Inspection({ dataset, draft, change, onOther }: InspectionProps) {
  const { t } = useTranslation("train");
  const { inspection } = dataset;
  return (
    <div className="grid grid-cols-1 gap-4">
      <Head dataset={dataset} onOther={onOther} />
      {inspection == null ? (
        <p role="status" className="flex items-center gap-2 text-sm text-ink-2">
          <LoaderCircle aria-hidden className="size-4 animate-spin" />
          {t("inspection.going")}
        </p>
      ) : (
        <>
          <Findings report={inspection} />
          {inspection.verdict === "usable" && inspection.format === "csv" && (
            <Roles report={inspection} draft={draft} change={change} />
          )}
          <Parts report={inspection} />
        </>
      )}
    </div>
  );
}

function Head({ dataset, onOther }: { dataset: InspectedDataset; onOther: () => void }) {
  const { t, i18n } = useTranslation("train");
  const { inspection } = dataset;
  const images = dataset.format != null && dataset.format !== "csv";
  const rows = dataset.rows ?? inspection?.shape.rows ?? 0;
  const facts = [bytes(dataset.bytes, i18n.language)];
  if (inspection != null && dataset.format != null) {
    facts.push(t(`form.${dataset.format as "csv"}`));
    facts.push(images ? t("inspection.images", { count: rows }) : t("inspection.rows", { count: rows }));
    if (!images) facts.push(t("inspection.columns", { count: inspection.shape.columns.length }));
  }
  const Icon = dataset.standing === "refused" ? CircleX : CircleCheck;
  return (
    <div className="flex flex-wrap items-center justify-between gap-3">
      <div className="flex min-w-0 items-center gap-3">
        {inspection != null && (
          <Icon aria-hidden className={dataset.standing === "refused" ? "size-5 shrink-0 text-bad" : "size-5 shrink-0 text-good"} />
        )}
        <div className="min-w-0">
          <p className="font-medium break-all">{dataset.name}</p>
          <p className="text-sm text-ink-2">{facts.join(" · ")}</p>
        </div>
      </div>
      <Button size="sm" icon={<Replace aria-hidden />} onClick={onOther}>
        {t("data.other")}
      </Button>
    </div>
  );
}

/** Which columns are the answer and the text, where the guess is wrong. */
function Roles({ report, draft, change }: { report: Report; draft: Draft; change: Change }) {
  const { t } = useTranslation("train");
  const { columns, label_column, text_column } = report.shape;
  const names = columns.map((column) => ({ value: column.name, label: column.name }));
  const option = (none: string) => [{ value: "", label: none }, ...names];
  return (
    <div className="grid items-start gap-4 sm:grid-cols-2">
      <Field label={t("roles.label")} hint={t("roles.labelHint")}>
        <Select
          value={draft.label ?? label_column ?? ""}
          options={label_column == null ? option(t("roles.choose")) : names}
          onChange={(event) => {
            const chosen = event.target.value;
            change({ label: chosen === "" || chosen === label_column ? undefined : chosen });
          }}
        />
      </Field>
      {draft.model === "distilbert" && (
        <Field label={t("roles.text")} hint={t("roles.textHint")}>
          <Select
            value={draft.text ?? text_column ?? ""}
            options={text_column == null ? option(t("roles.choose")) : names}
            onChange={(event) => {
              const chosen = event.target.value;
              change({ text: chosen === "" || chosen === text_column ? undefined : chosen });
            }}
          />
        </Field>
      )}
    </div>
  );
}

function Parts({ report }: { report: Report }) {
  const { t } = useTranslation("train");
  const { shape, preview } = report;
  const tabs = [];
  if (preview.length > 0 && shape.columns.length > 0) {
    tabs.push({
      value: "preview",
      label: t("inspection.preview"),
      content: <Preview columns={shape.columns} rows={preview} />,
    });
  }
  if (shape.columns.length > 0) {
    tabs.push({ value: "columns", label: t("inspection.columnsTab"), content: <Columns report={report} /> });
  }
  if (shape.classes.length > 0) {
    tabs.push({ value: "classes", label: t("inspection.classes"), content: <ClassCounts shape={shape} /> });
  }
  return tabs.length === 0 ? null : <Tabs label={t("inspection.parts")} tabs={tabs} />;
}
