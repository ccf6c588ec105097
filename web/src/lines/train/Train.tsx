// A training is ordered here: data, model, settings, and what it may cost.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { isProblemError } from "@/api/problem";
import { useSignedIn } from "@/session/session";
import { Page, PageHeader } from "@/ui";
import { type Draft, keepDraft, keptDraft } from "./draft";
import { DataStep } from "./DataStep";
import { suggested } from "./fit";
import { MachineStep } from "./MachineStep";
import { ModelSelector } from "./ModelSelector";
import { runOf } from "./order";
import { cardsQuery, datasetQuery, estimateQuery } from "./queries";
import { SettingsStep } from "./SettingsStep";
import { Summary } from "./Summary";

export type Change = (change: Partial<Draft>) => void;

export default function Train() {
  const { t } = useTranslation("train");
  const user = useSignedIn().id;
  const [draft, setDraft] = useState(() => keptDraft(user));
  const change: Change = (changed) => setDraft((was) => ({ ...was, ...changed }));
  useEffect(() => keepDraft(user, draft), [user, draft]);

  const cards = useQuery(cardsQuery);
  const dataset = useQuery({ ...datasetQuery(draft.dataset ?? ""), enabled: draft.dataset !== undefined });
  const gone = isProblemError(dataset.error) && dataset.error.status === 404;
  const usable = dataset.data?.standing === "usable" ? dataset.data : undefined;

  // What was chosen may have been deleted meanwhile, in another tab or long ago.
  useEffect(() => {
    if (gone) setDraft((was) => ({ ...was, dataset: undefined, label: undefined, text: undefined }));
  }, [gone]);

  const all = cards.data?.data;
  const guess = usable !== undefined && all !== undefined ? suggested(all, usable) : undefined;
  useEffect(() => {
    if (guess !== undefined) setDraft((was) => (was.model === undefined ? { ...was, model: guess } : was));
  }, [guess]);

  const card = all?.find((it) => it.model_type === draft.model);
  const wanted = useMemo(() => (usable === undefined ? undefined : runOf(draft, card)), [draft, card, usable]);
  const run = useDeferredValue(wanted);
  const estimate = useQuery({
    ...estimateQuery(run ?? { model_type: "", dataset_id: "" }),
    enabled: run !== undefined,
    placeholderData: keepPreviousData,
  });

  return (
    <Page width="wide">
      <PageHeader title={t("title")} description={t("description")} />
      <div className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid min-w-0 gap-6">
          <DataStep draft={draft} change={change} dataset={dataset} />
          <ModelSelector draft={draft} change={change} cards={cards} dataset={usable} />
          {card !== undefined && <SettingsStep key={card.model_type} draft={draft} change={change} card={card} dataset={usable} />}
          {card !== undefined && <MachineStep draft={draft} change={change} />}
        </div>
        <div className="min-w-0 lg:sticky lg:top-8">
          <Summary
            draft={draft}
            change={change}
            dataset={usable}
            card={card}
            run={wanted}
            estimate={estimate}
            settled={run === wanted}
          />
        </div>
      </div>
    </Page>
  );
}
