// The settings of a model, built from its card: what may be typed, and what is sent of it.

import type { ShownCard, ShownParameter } from "@/api/schema";

export type Kind =
  | { kind: "whole"; min: number; max: number; step: number }
  | { kind: "decimal"; min: number; max: number }
  | { kind: "choice"; choices: readonly string[] };

export type Setting = {
  name: string;
  /** What it does, in the server's words. */
  means: string;
  allowed: Kind;
  standard: string;
  shapesModel: boolean;
};

export type Typed = Readonly<Record<string, string>>;

export type SettingFault =
  | { fault: "whole"; min: number; max: number }
  | { fault: "multiple"; min: number; max: number; step: number }
  | { fault: "decimal"; min: number; max: number };

const isNumber = (value: unknown): value is number => typeof value === "number";

/** A number as somebody would type it: never with an exponent. */
export function plain(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return value.toFixed(20).replace(/0+$/, "").replace(/\.$/, "");
}

function setting({ name, means, schema, shapes_model }: ShownParameter): Setting {
  const said = schema as unknown as Record<string, unknown>;
  const standard = isNumber(said.default) ? plain(said.default) : String(said.default ?? "");
  const rest = { name, means, standard, shapesModel: shapes_model };
  if (Array.isArray(said.enum)) {
    return { ...rest, allowed: { kind: "choice", choices: said.enum.map(String) } };
  }
  const min = isNumber(said.minimum) ? said.minimum : Number.NEGATIVE_INFINITY;
  const max = isNumber(said.maximum) ? said.maximum : Number.POSITIVE_INFINITY;
  if (said.type === "integer") {
    const step = isNumber(said.multipleOf) ? said.multipleOf : 1;
    return { ...rest, allowed: { kind: "whole", min, max, step } };
  }
  return { ...rest, allowed: { kind: "decimal", min, max } };
}

export const settingsOf = (card: ShownCard): Setting[] => card.hyperparams.map(setting);

/** A comma or a point before the fraction, and nothing that could be read in two ways. */
const tidy = (typed: string): string => typed.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");

export function faultOf({ allowed }: Setting, typed: string): SettingFault | undefined {
  if (allowed.kind === "choice") return undefined;
  const text = tidy(typed);
  const { min, max } = allowed;
  if (allowed.kind === "decimal") {
    const good = /^\d+(\.\d+)?$/.test(text) && Number(text) >= min && Number(text) <= max;
    return good ? undefined : { fault: "decimal", min, max };
  }
  const { step } = allowed;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  const good = value >= min && value <= max && value % step === 0;
  if (good) return undefined;
  return step > 1 ? { fault: "multiple", min, max, step } : { fault: "whole", min, max };
}

/** Whether a setting may be changed, where the first weights come from there. */
export const isFree = (setting: Setting, weights: string): boolean =>
  !setting.shapesModel || weights === "scratch";

/** What is sent: what differs from the card's own, decimals as the text that was typed. */
export function sent(settings: readonly Setting[], typed: Typed, weights: string): Record<string, string | number> {
  const out: Record<string, string | number> = {};
  for (const setting of settings) {
    const said = typed[setting.name];
    if (said === undefined || !isFree(setting, weights)) continue;
    const text = setting.allowed.kind === "choice" ? said : tidy(said);
    if (text === setting.standard) continue;
    out[setting.name] = setting.allowed.kind === "whole" ? Number(text) : text;
  }
  return out;
}

export const faults = (settings: readonly Setting[], typed: Typed, weights: string): string[] =>
  settings
    .filter((it) => isFree(it, weights) && faultOf(it, typed[it.name] ?? it.standard) !== undefined)
    .map((it) => it.name);
