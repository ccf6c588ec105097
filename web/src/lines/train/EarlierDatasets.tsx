// Datasets that were brought before.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Database } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { DatasetStanding, ShownDataset } from "@/api/schema";
import { Badge, Button, EmptyState, ErrorState, More, SkeletonRows, type Tone, When } from "@/ui";
import { bytes } from "@/ui/figures";
import { datasetsQuery } from "./queries";

const TONES: Record<DatasetStanding, Tone> = {
  arriving: "neutral",
  inspecting: "accent",
  usable: "good",
  refused: "bad",
};

type EarlierProps = { onChoose: (dataset: string) => void; onUpload: () => void };

export function EarlierDatasets({ onChoose, onUpload }: EarlierProps) {
  const { t } = useTranslation("train");
  const found = useInfiniteQuery(datasetsQuery);
  if (found.isPending) return <SkeletonRows rows={3} columns={3} />;
  if (found.isError) return <ErrorState error={found.error} onRetry={() => void found.refetch()} />;
  const datasets = found.data.pages.flatMap((page) => page.data).filter((it) => it.standing !== "arriving");
  if (datasets.length === 0) {
    return (
      <EmptyState
        icon={<Database />}
        title={t("earlier.none")}
        action={
          <Button variant="primary" onClick={onUpload}>
            {t("upload.choose")}
          </Button>
        }
      >
        {t("earlier.noneText")}
      </EmptyState>
    );
  }
  return (
    <div className="grid grid-cols-1 gap-3">
      <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line">
        {datasets.map((dataset) => (
          <li key={dataset.dataset}>
            <Row dataset={dataset} onChoose={() => onChoose(dataset.dataset)} />
          </li>
        ))}
      </ul>
      <More list={found} />
    </div>
  );
}

function Row({ dataset, onChoose }: { dataset: ShownDataset; onChoose: () => void }) {
  const { t, i18n } = useTranslation("train");
  const images = dataset.format !== null && dataset.format !== undefined && dataset.format !== "csv";
  return (
    <button
      type="button"
      onClick={onChoose}
      className="flex w-full flex-wrap items-center justify-between gap-x-4 gap-y-1 px-4 py-3 text-left text-sm hover:bg-hover"
    >
      <span className="min-w-0">
        <span className="block font-medium break-all">{dataset.name}</span>
        <span className="block text-xs text-ink-3">
          {bytes(dataset.bytes, i18n.language)}
          {dataset.rows != null &&
            ` · ${images ? t("inspection.images", { count: dataset.rows }) : t("inspection.rows", { count: dataset.rows })}`}
          {" · "}
          <When at={dataset.created_at} as="relative" />
        </span>
      </span>
      <Badge tone={TONES[dataset.standing]}>{t(`standing.${dataset.standing}`)}</Badge>
    </button>
  );
}
