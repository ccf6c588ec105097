// The settings of a model, built from its card; what is seldom changed lies folded away.

import { ChevronRight, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { InspectedDataset, ShownCard } from "@/api/schema";
import { Button, Field, Input, Select } from "@/ui";
import type { Draft } from "./draft";
import { seedFault, typedOf, weightsOf } from "./order";
import { faultOf, isFree, type Setting, settingsOf } from "./settings";
import { Step } from "./Step";
import type { Change } from "./Train";
import { useCardWords } from "./useCardWords";

const SHOWN_FIRST = 3;

type SettingsProps = { draft: Draft; change: Change; card: ShownCard; dataset: InspectedDataset | undefined };

export function SettingsStep({ draft, change, card }: SettingsProps) {
  const { t } = useTranslation("train");
  const settings = settingsOf(card);
  const typed = typedOf(draft, card);
  const weights = weightsOf(draft, card);
  const rest = settings.slice(SHOWN_FIRST);
  const isWrong = (it: Setting) => isFree(it, weights) && faultOf(it, typed[it.name] ?? it.standard) !== undefined;
  const [unfolded, setUnfolded] = useState(() => rest.some((it) => it.name in typed) || draft.seed !== "");
  const open = unfolded || rest.some(isWrong) || seedFault(draft.seed);
  const set = (name: string, value: string) =>
    change({ settings: { ...draft.settings, [card.model_type]: { ...typed, [name]: value } } });
  const changed = Object.keys(typed).length > 0;
  const row = (setting: Setting) => (
    <SettingField
      key={setting.name}
      setting={setting}
      value={typed[setting.name] ?? setting.standard}
      free={isFree(setting, weights)}
      onChange={(value) => set(setting.name, value)}
    />
  );
  return (
    <Step
      number={3}
      title={t("settings.title")}
      description={t("settings.description")}
      aside={
        changed && (
          <Button
            size="sm"
            variant="ghost"
            icon={<RotateCcw aria-hidden />}
            onClick={() => change({ settings: { ...draft.settings, [card.model_type]: {} } })}
          >
            {t("settings.reset")}
          </Button>
        )
      }
    >
      <div className="grid gap-5">
        <div className="grid items-start gap-4 sm:grid-cols-2 2xl:grid-cols-3">{settings.slice(0, SHOWN_FIRST).map(row)}</div>
        <div>
          <button
            type="button"
            aria-expanded={open}
            onClick={() => setUnfolded(!open)}
            className="inline-flex items-center gap-1 rounded-sm text-sm font-medium text-ink-2 hover:text-ink"
          >
            <ChevronRight aria-hidden className={open ? "size-4 rotate-90 transition-transform" : "size-4 transition-transform"} />
            {t("settings.advanced")}
          </button>
          {open && (
            <div className="mt-4 grid items-start gap-4 sm:grid-cols-2 2xl:grid-cols-3">
              {card.weights.length > 1 && (
                <Weights card={card} value={weights} onChange={(value) => change({ weights: { ...draft.weights, [card.model_type]: value } })} />
              )}
              {rest.map(row)}
              <Field
                label={t("settings.seed")}
                hint={t("settings.seedHint")}
                error={seedFault(draft.seed) ? t("settings.seedWrong") : undefined}
              >
                <Input
                  inputMode="numeric"
                  placeholder="42"
                  value={draft.seed}
                  onChange={(event) => change({ seed: event.target.value })}
                />
              </Field>
            </div>
          )}
        </div>
      </div>
    </Step>
  );
}

type FieldProps = { setting: Setting; value: string; free: boolean; onChange: (value: string) => void };

function SettingField({ setting, value, free, onChange }: FieldProps) {
  const { t } = useTranslation("train");
  const words = useCardWords();
  const { allowed } = setting;
  const fault = free ? faultOf(setting, value) : undefined;
  const hint = free ? words.means(setting) : t("settings.shapes");
  if (allowed.kind === "choice") {
    const options = allowed.choices.map((choice) => ({ value: choice, label: words.choice(choice) }));
    return (
      <Field label={words.label(setting.name)} hint={hint}>
        <Select
          value={free ? value : setting.standard}
          options={options}
          disabled={!free}
          onChange={(event) => onChange(event.target.value)}
        />
      </Field>
    );
  }
  return (
    <Field
      label={words.label(setting.name)}
      aside={t("settings.range", { min: String(allowed.min), max: String(allowed.max) })}
      hint={hint}
      error={fault && t(`settings.fault.${fault.fault}`, { ...fault, min: String(fault.min), max: String(fault.max) })}
    >
      <Input
        inputMode={allowed.kind === "whole" ? "numeric" : "decimal"}
        value={free ? value : setting.standard}
        disabled={!free}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}

type WeightsProps = { card: ShownCard; value: string; onChange: (value: string) => void };

function Weights({ card, value, onChange }: WeightsProps) {
  const { t } = useTranslation("train");
  return (
    <Field label={t("weights.label")} hint={t(`weights.${value as "hub"}Hint`)}>
      <Select
        value={value}
        options={card.weights.map((it) => ({ value: it, label: t(`weights.${it as "hub"}`) }))}
        onChange={(event) => onChange(event.target.value)}
      />
    </Field>
  );
}
