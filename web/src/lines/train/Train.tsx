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
  const [kept, setKept] = useState(() => keptDraft(user));
  const change: Change = (changed) => setKept((was) => ({ ...was, ...changed }));
  useEffect(() => keepDraft(user, kept), [user, kept]);

  const cards = useQuery(cardsQuery);
  const dataset = useQuery({ ...datasetQuery(kept.dataset ?? ""), enabled: kept.dataset !== undefined });
  const all = cards.data?.data;
  // What was chosen may have been deleted meanwhile, in another tab or long ago.
  const gone = isProblemError(dataset.error) && dataset.error.status === 404;
  const usable = !gone && dataset.data?.standing === "usable" ? dataset.data : undefined;
  const guess = usable !== undefined && all !== undefined ? suggested(all, usable) : undefined;
  const draft = useMemo(
    (): Draft => ({ ...kept, dataset: gone ? undefined : kept.dataset, model: kept.model ?? guess }),
    [kept, gone, guess],
  );

  const card = all?.find((it) => it.model_type === draft.model);
  const wanted = useMemo(() => (usable === undefined ? undefined : runOf(draft, card)), [draft, card, usable]);
  const run = useDeferredValue(wanted);
  const estimate = useQuery({
    ...estimateQuery(run ?? { model_type: "tabular", dataset_id: "" }),
    enabled: run !== undefined,
    placeholderData: keepPreviousData,
  });

  return (
    <Page width="wide">
      <PageHeader title={t("title")} description={t("description")} />
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid min-w-0 grid-cols-1 gap-6">
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
