// An order that is being written: kept in the tab, so that a reload or a sign-in loses nothing of it.

export type Source = "file" | "earlier" | "address";
export type PayWith = "card" | "wallet";
export type Isolation = "any" | "sandbox" | "container";

export type Draft = {
  source: Source;
  /** The dataset that was chosen. */
  dataset: string | undefined;
  model: string | undefined;
  /** By model, so that going back to one finds what was typed there. */
  settings: Readonly<Record<string, Readonly<Record<string, string>>>>;
  weights: Readonly<Record<string, string>>;
  label: string | undefined;
  text: string | undefined;
  seed: string;
  gpu: boolean;
  verified: boolean;
  rateMax: string;
  isolation: Isolation;
  /** As typed; nothing, where the suggestion is taken. */
  budget: string | undefined;
  payWith: PayWith;
};

export const BLANK: Draft = {
  source: "file",
  dataset: undefined,
  model: undefined,
  settings: {},
  weights: {},
  label: undefined,
  text: undefined,
  seed: "",
  gpu: false,
  verified: false,
  rateMax: "",
  isolation: "any",
  budget: undefined,
  payWith: "card",
};

const keyOf = (user: string) => `trainnet.train.${user}`;

const isText = (value: unknown): value is string => typeof value === "string";
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const texts = (value: unknown): Record<string, string> =>
  isRecord(value)
    ? Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => isText(entry[1])))
    : {};

/** What was kept, as far as it can be understood; what cannot is as if nothing had been typed. */
export function readDraft(kept: string | null): Draft {
  let said: unknown;
  try {
    said = JSON.parse(kept ?? "");
  } catch {
    return BLANK;
  }
  if (!isRecord(said)) return BLANK;
  const text = (name: string) => (isText(said[name]) ? (said[name] as string) : undefined);
  const one = <V extends string>(name: string, values: readonly V[], otherwise: V): V =>
    values.find((value) => value === said[name]) ?? otherwise;
  return {
    source: one<Source>("source", ["file", "earlier", "address"], BLANK.source),
    dataset: text("dataset"),
    model: text("model"),
    settings: isRecord(said.settings)
      ? Object.fromEntries(Object.entries(said.settings).map(([model, typed]) => [model, texts(typed)]))
      : {},
    weights: texts(said.weights),
    label: text("label"),
    text: text("text"),
    seed: text("seed") ?? "",
    gpu: said.gpu === true,
    verified: said.verified === true,
    rateMax: text("rateMax") ?? "",
    isolation: one<Isolation>("isolation", ["any", "sandbox", "container"], "any"),
    budget: text("budget"),
    payWith: one<PayWith>("payWith", ["card", "wallet"], "card"),
  };
}

export function keptDraft(user: string): Draft {
  try {
    return readDraft(sessionStorage.getItem(keyOf(user)));
  } catch {
    return BLANK;
  }
}

export function keepDraft(user: string, draft: Draft): void {
  try {
    sessionStorage.setItem(keyOf(user), JSON.stringify(draft));
  } catch {
    // Then it lives as long as the page.
  }
}

export function dropDraft(user: string): void {
  try {
    sessionStorage.removeItem(keyOf(user));
  } catch {
    // There was nothing to drop.
  }
}
