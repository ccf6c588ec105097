// Which machines will do: all that can run the model, unless somebody is choosy.

import { useTranslation } from "react-i18next";
import { Checkbox, Field, Input, Select } from "@/ui";
import type { Draft, Isolation } from "./draft";
import { rateFault } from "./order";
import { Step } from "./Step";
import type { Change } from "./Train";

const ISOLATIONS: Isolation[] = ["any", "sandbox", "container"];

export function MachineStep({ draft, change }: { draft: Draft; change: Change }) {
  const { t } = useTranslation(["train", "ui"]);
  return (
    <Step number={4} title={t("machine.title")} description={t("machine.description")}>
      <div className="grid gap-5 sm:grid-cols-2">
        <div className="grid content-start gap-3">
          <Checkbox
            label={t("machine.gpu")}
            hint={t("machine.gpuHint")}
            checked={draft.gpu}
            onChange={(event) => change({ gpu: event.target.checked })}
          />
          <Checkbox
            label={t("machine.verified")}
            hint={t("machine.verifiedHint")}
            checked={draft.verified}
            onChange={(event) => change({ verified: event.target.checked })}
          />
        </div>
        <div className="grid content-start gap-4">
          <Field
            label={t("machine.rateMax")}
            aside={t("ui:optional")}
            hint={t("machine.rateMaxHint")}
            error={rateFault(draft.rateMax) ? t("machine.rateMaxWrong") : undefined}
          >
            <Input
              inputMode="decimal"
              placeholder="1.20"
              value={draft.rateMax}
              onChange={(event) => change({ rateMax: event.target.value })}
            />
          </Field>
          <Field label={t("machine.isolation")} hint={t(`machine.isolationHint.${draft.isolation}`)}>
            <Select
              value={draft.isolation}
              options={ISOLATIONS.map((value) => ({ value, label: t(`machine.isolations.${value}`) }))}
              onChange={(event) => change({ isolation: event.target.value as Isolation })}
            />
          </Field>
        </div>
      </div>
    </Step>
  );
}
