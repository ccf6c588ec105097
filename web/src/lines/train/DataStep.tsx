// The data: a file that is brought now, one that was brought before, or an address.

import type { UseQueryResult } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { InspectedDataset } from "@/api/schema";
import { Choice, ErrorState, SkeletonText } from "@/ui";
import { AddressForm } from "./AddressForm";
import type { Draft, Source } from "./draft";
import { EarlierDatasets } from "./EarlierDatasets";
import { Step } from "./Step";
import type { Change } from "./Train";
import { UploadForm } from "./UploadForm";

const Inspection = lazy(async () => ({ default: (await import("./Inspection")).Inspection }));

type DataStepProps = { draft: Draft; change: Change; dataset: UseQueryResult<InspectedDataset> };

export function DataStep({ draft, change, dataset }: DataStepProps) {
  const { t } = useTranslation("train");
  const choose = (chosen: string | undefined) =>
    change({ dataset: chosen, label: undefined, text: undefined, model: undefined, budget: undefined });
  const sources: Source[] = ["file", "earlier", "address"];
  return (
    <Step number={1} title={t("data.title")} description={t("data.description")}>
      {draft.dataset === undefined ? (
        <div className="grid grid-cols-1 gap-4">
          <Choice
            label={t("data.from")}
            value={draft.source}
            options={sources.map((source) => ({ value: source, label: t(`data.source.${source}`) }))}
            onChange={(source) => change({ source })}
            className="justify-self-start"
          />
          {draft.source === "file" && <UploadForm onDone={choose} />}
          {draft.source === "earlier" && (
            <EarlierDatasets onChoose={choose} onUpload={() => change({ source: "file" })} />
          )}
          {draft.source === "address" && <AddressForm onDone={choose} />}
        </div>
      ) : dataset.data !== undefined ? (
        <Suspense fallback={<SkeletonText lines={6} />}>
          <Inspection dataset={dataset.data} draft={draft} change={change} onOther={() => choose(undefined)} />
        </Suspense>
      ) : dataset.error !== null ? (
        <ErrorState error={dataset.error} onRetry={() => void dataset.refetch()} />
      ) : (
        <SkeletonText lines={4} />
      )}
    </Step>
  );
}
