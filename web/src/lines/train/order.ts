// What an order asks for, from what was typed; nothing, while something of it is not right.

import type { NewJob, Run, ShownCard } from "@/api/schema";
import { compare, isZero, minus, type Money, readAmount } from "@/ui/money";
import type { Draft } from "./draft";
import { faults, sent, settingsOf, type Typed } from "./settings";

export const BUDGET_MIN: Money = { amount: "0.50", currency: "USD" };
const SEED_MAX = 4_294_967_295;

export const weightsOf = (draft: Draft, card: ShownCard): string => {
  const said = draft.weights[card.model_type];
  return said !== undefined && card.weights.includes(said) ? said : (card.weights[0] ?? "scratch");
};

export const typedOf = (draft: Draft, card: ShownCard): Typed => draft.settings[card.model_type] ?? {};

export function seedFault(seed: string): boolean {
  const text = seed.trim();
  return text !== "" && !(/^\d{1,10}$/.test(text) && Number(text) <= SEED_MAX);
}

/** Per hour and finer than a cent, as machines are priced. */
export const rateFault = (rate: string): boolean =>
  rate.trim() !== "" && (readAmount(rate, 6) === undefined || /^[0.,\s]*$/.test(rate));

export type BudgetFault = "amount" | "small";

export function budgetOf(draft: Draft, suggested: Money): Money | BudgetFault {
  if (draft.budget === undefined) return suggested;
  const amount = readAmount(draft.budget);
  if (amount === undefined) return "amount";
  const budget = { amount, currency: "USD" };
  return compare(budget, BUDGET_MIN) < 0 ? "small" : budget;
}

/** A run that an estimate can be asked for; nothing, while a setting of it is out of range. */
export function runOf(draft: Draft, card: ShownCard | undefined): Run | undefined {
  if (card === undefined || draft.dataset === undefined) return undefined;
  const weights = weightsOf(draft, card);
  const settings = settingsOf(card);
  const typed = typedOf(draft, card);
  if (faults(settings, typed, weights).length > 0) return undefined;
  if (seedFault(draft.seed) || rateFault(draft.rateMax)) return undefined;
  const seed = draft.seed.trim();
  return {
    model_type: card.model_type,
    dataset_id: draft.dataset,
    hyperparams: sent(settings, typed, weights) as Run["hyperparams"],
    ...(card.weights.length > 1 && { weights: weights as Run["weights"] }),
    ...(draft.label !== undefined && { label_column: draft.label }),
    ...(draft.text !== undefined && { text_column: draft.text }),
    ...(seed !== "" && { seed: Number(seed) }),
    machine: {
      gpu: draft.gpu,
      verified: draft.verified,
      isolation: draft.isolation,
      ...(draft.rateMax.trim() !== "" && { rate_max: readAmount(draft.rateMax, 6) ?? null }),
    },
  } as Run;
}

/** An order for a dataset that has been brought: here none is named by its address. */
export type Order = Run & Pick<NewJob, "budget" | "pay_with">;

export const orderOf = (run: Run, budget: Money, draft: Draft): Order => ({
  ...run,
  budget,
  pay_with: draft.payWith,
});

/** What the wallet lacks of a budget; nothing, where it holds it. */
export function missing(budget: Money, available: Money): Money | undefined {
  const difference = minus(budget, available);
  return difference.amount.startsWith("-") || isZero(difference) ? undefined : difference;
}
