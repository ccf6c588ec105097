// The models on offer: which of them fit this dataset, and why the others do not.

import type { UseQueryResult } from "@tanstack/react-query";
import { Images, Table2, TextQuote, Workflow } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { Cards, InspectedDataset, ShownCard } from "@/api/schema";
import { Badge, cx, ErrorState, SkeletonText } from "@/ui";
import type { Draft } from "./draft";
import { fitOf } from "./fit";
import { Step } from "./Step";
import type { Change } from "./Train";
import { useCardWords } from "./useCardWords";

type ModelProps = {
  draft: Draft;
  change: Change;
  cards: UseQueryResult<Cards>;
  dataset: InspectedDataset | undefined;
};

const ICONS: Record<string, typeof Table2> = { tabular: Table2, distilbert: TextQuote, mobilenet_v2: Images };

export function ModelSelector({ draft, change, cards, dataset }: ModelProps) {
  const { t } = useTranslation("train");
  const name = useId();
  return (
    <Step number={2} title={t("model.title")} description={t("model.description")}>
      {cards.data !== undefined ? (
        <fieldset className="grid gap-3 sm:grid-cols-3">
          <legend className="sr-only">{t("model.title")}</legend>
          {cards.data.data.map((card) => (
            <ModelCard
              key={card.model_type}
              name={name}
              card={card}
              dataset={dataset}
              chosen={draft.model === card.model_type}
              onChoose={() => change({ model: card.model_type, budget: undefined })}
            />
          ))}
        </fieldset>
      ) : cards.error !== null ? (
        <ErrorState error={cards.error} onRetry={() => void cards.refetch()} />
      ) : (
        <SkeletonText lines={4} />
      )}
    </Step>
  );
}

type CardProps = {
  name: string;
  card: ShownCard;
  dataset: InspectedDataset | undefined;
  chosen: boolean;
  onChoose: () => void;
};

function ModelCard({ name, card, dataset, chosen, onChoose }: CardProps) {
  const { t } = useTranslation("train");
  const words = useCardWords();
  const fit = fitOf(card, dataset);
  const out = fit?.fits === false;
  const Icon = ICONS[card.model_type] ?? Workflow;
  const takes = card.accepts.map((form) => t(`form.${form as "csv"}`)).join(", ");
  return (
    <label
      className={cx(
        "relative flex flex-col gap-2 rounded-lg border p-4 text-sm transition-colors has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent-ink",
        chosen ? "border-accent bg-accent-soft/50 ring-1 ring-accent" : "border-line-strong",
        out ? "cursor-not-allowed! bg-sunken" : "hover:bg-hover",
      )}
    >
      <input
        type="radio"
        name={name}
        className="absolute inset-0 cursor-[inherit] opacity-0"
        checked={chosen}
        disabled={out}
        onChange={onChoose}
      />
      <span className="flex items-center justify-between gap-2">
        <Icon aria-hidden className={cx("size-5", chosen ? "text-accent-ink" : "text-ink-3")} strokeWidth={1.75} />
        {fit?.fits === true && <Badge tone="good">{t("model.fits")}</Badge>}
        {out && <Badge>{t("model.unfit")}</Badge>}
      </span>
      <span className={cx("text-base font-semibold", out && "text-ink-2")}>{words.title(card)}</span>
      <span className="text-ink-2">{words.summary(card)}</span>
      <span className="mt-auto pt-1 text-xs text-ink-3">
        {fit === undefined || fit.fits
          ? t("model.takes", { what: takes })
          : fit.because === "form"
            ? t("model.wantsForm", { what: takes })
            : t("model.wantsText")}
      </span>
      {fit?.fits === true && fit.hint !== undefined && (
        <span className="text-xs text-warn">{t(`model.hint.${fit.hint}`)}</span>
      )}
    </label>
  );
}
