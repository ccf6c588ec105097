// Of a model's measures, the one that says most.

const ORDER = [
  "test_accuracy",
  "validation_accuracy",
  "validation_baseline",
  "validation_f1",
  "validation_r2",
  "validation_rmse",
  "validation_mae",
  "validation_loss",
];

const rank = (name: string): number => {
  const at = ORDER.indexOf(name);
  return at === -1 ? ORDER.length : at;
};

/** What says most comes first. */
export const ranked = (metrics: Readonly<Record<string, string>>): [name: string, value: string][] =>
  Object.entries(metrics).toSorted(([a], [b]) => rank(a) - rank(b));

export function headline(metrics: Readonly<Record<string, string>>): { name: string; value: number } | undefined {
  const [name, text] = ranked(metrics)[0] ?? [];
  const value = Number(text);
  return name === undefined || text === undefined || !Number.isFinite(value) ? undefined : { name, value };
}
