// Of a model's measures, the one that says most.

const ORDER = [
  "test_accuracy",
  "validation_accuracy",
  "validation_f1",
  "validation_r2",
  "validation_rmse",
  "validation_mae",
  "validation_loss",
];

export function headline(metrics: Readonly<Record<string, string>>): { name: string; value: number } | undefined {
  const name = ORDER.find((it) => it in metrics) ?? Object.keys(metrics)[0];
  const value = Number(name === undefined ? Number.NaN : metrics[name]);
  return name === undefined || !Number.isFinite(value) ? undefined : { name, value };
}
