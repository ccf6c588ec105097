// Which models can be trained on a dataset, and why the others cannot.

import type { InspectedDataset, ShownCard } from "@/api/schema";

export type Unfit =
  /** It takes data of another form. */
  | { because: "form"; takes: readonly string[] }
  /** A table without a column of text. */
  | { because: "text" };

export type Fit = { fits: true; hint?: "no-text-guess" | "better-for-text" } | ({ fits: false } & Unfit);

/** As cards call what the inspection found. */
function formOf(format: string | null | undefined): string | undefined {
  if (format === "cifar10-binary" || format === "cifar10-python") return "cifar10";
  return format ?? undefined;
}

const HAS_TEXT = new Set(["distilbert"]);

export function fitOf(card: ShownCard, dataset: InspectedDataset | undefined): Fit | undefined {
  if (dataset?.inspection == null) return undefined;
  const form = formOf(dataset.format);
  if (form === undefined || !card.accepts.includes(form)) {
    return { fits: false, because: "form", takes: card.accepts };
  }
  const { columns, label_column, text_column } = dataset.inspection.shape;
  if (HAS_TEXT.has(card.model_type)) {
    const texts = columns.filter((column) => column.kind === "text" && column.name !== label_column);
    if (texts.length === 0) return { fits: false, because: "text" };
    if (text_column == null) return { fits: true, hint: "no-text-guess" };
    return { fits: true };
  }
  if (form === "csv" && text_column != null) return { fits: true, hint: "better-for-text" };
  return { fits: true };
}

/** The model to begin with: of those that fit, the one that suits the data best. */
export function suggested(cards: readonly ShownCard[], dataset: InspectedDataset): string | undefined {
  const fitting = cards.filter((card) => fitOf(card, dataset)?.fits === true);
  const text = dataset.inspection?.shape.text_column != null;
  const best = text ? fitting.find((card) => HAS_TEXT.has(card.model_type)) : undefined;
  return (best ?? fitting.find((card) => !HAS_TEXT.has(card.model_type)) ?? fitting[0])?.model_type;
}
