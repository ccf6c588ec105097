// The form of an order: what may be typed, what is sent, and what a budget may be.

import { describe, expect, it } from "vitest";
import type { InspectedDataset, ShownCard } from "@/api/schema";
import { BLANK, type Draft, readDraft } from "@/lines/train/draft";
import { fitOf, suggested } from "@/lines/train/fit";
import { budgetOf, missing, rateFault, runOf, seedFault } from "@/lines/train/order";
import { faultOf, plain, sent, settingsOf } from "@/lines/train/settings";

const schema = (of: object) => of as ShownCard["hyperparams"][number]["schema"];

const card: ShownCard = {
  model_type: "distilbert",
  version: 1,
  title: "Texts",
  summary: "",
  accepts: ["csv"],
  weights: ["hub", "scratch"],
  hyperparams: [
    { name: "epochs", means: "", shapes_model: false, schema: schema({ type: "integer", minimum: 1, maximum: 50, multipleOf: 1, default: 3 }) },
    { name: "learning_rate", means: "", shapes_model: false, schema: schema({ type: "number", minimum: 0.000001, maximum: 0.01, default: 0.00005 }) },
    { name: "dimension", means: "", shapes_model: true, schema: schema({ type: "integer", minimum: 32, maximum: 768, multipleOf: 32, default: 768 }) },
    { name: "width", means: "", shapes_model: false, schema: schema({ type: "string", enum: ["0.5", "1.0"], default: "1.0" }) },
  ],
};
const tables: ShownCard = { ...card, model_type: "tabular", weights: ["scratch"], hyperparams: [] };
const images: ShownCard = { ...tables, model_type: "mobilenet_v2", accepts: ["image-folders", "cifar10"] };

const settings = settingsOf(card);
const setting = (name: string) => {
  const found = settings.find((it) => it.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

const usd = (amount: string) => ({ amount, currency: "USD" });
const draft = (change: Partial<Draft>): Draft => ({ ...BLANK, dataset: "object_1", model: "distilbert", ...change });
const typed = (values: Record<string, string>) => draft({ settings: { distilbert: values } });

describe("a setting", () => {
  it("is shown as somebody would type it, however small", () => {
    expect(setting("learning_rate").standard).toBe("0.00005");
    expect(plain(1e-7)).toBe("0.0000001");
    expect(plain(2.5)).toBe("2.5");
  });

  it.each([
    ["epochs", "1", true],
    ["epochs", "50", true],
    ["epochs", "0", false],
    ["epochs", "51", false],
    ["epochs", "2.5", false],
    ["epochs", "", false],
    ["epochs", "1e1", false],
    ["dimension", "64", true],
    ["dimension", "65", false],
    ["learning_rate", "0.000001", true],
    ["learning_rate", "0,01", true],
    ["learning_rate", "0.02", false],
    ["learning_rate", "-0.001", false],
    ["learning_rate", "x", false],
  ])("%s of %s is good: %s", (name, value, good) => {
    expect(faultOf(setting(name), value) === undefined).toBe(good);
  });

  it("is sent only where it differs, decimals as exact text", () => {
    expect(sent(settings, { epochs: "5", learning_rate: "0,0001", width: "1.0" }, "scratch")).toEqual({
      epochs: 5,
      learning_rate: "0.0001",
    });
  });

  it("that shapes the model is left out where the weights are published", () => {
    expect(sent(settings, { dimension: "64" }, "hub")).toEqual({});
    expect(sent(settings, { dimension: "64" }, "scratch")).toEqual({ dimension: 64 });
  });
});

describe("a run", () => {
  it("is asked for as it was typed", () => {
    const run = runOf({ ...typed({ epochs: "7" }), seed: "9", rateMax: "1,20", label: "y" }, card);
    expect(run).toMatchObject({
      model_type: "distilbert",
      dataset_id: "object_1",
      hyperparams: { epochs: 7 },
      weights: "hub",
      label_column: "y",
      seed: 9,
      machine: { gpu: false, isolation: "any", rate_max: "1.20" },
    });
  });

  it("is not asked for while something of it is wrong", () => {
    expect(runOf(typed({ epochs: "0" }), card)).toBeUndefined();
    expect(runOf(draft({ seed: "4294967296" }), card)).toBeUndefined();
    expect(runOf(draft({ rateMax: "cheap" }), card)).toBeUndefined();
    expect(runOf(draft({ dataset: undefined }), card)).toBeUndefined();
    expect(runOf(draft({}), undefined)).toBeUndefined();
  });

  it("knows a seed and a price from what is none", () => {
    expect(["", "0", "4294967295"].map(seedFault)).toEqual([false, false, false]);
    expect(["-1", "1.5", "x", "4294967296"].map(seedFault)).toEqual([true, true, true, true]);
    expect(["", "1.2", "0,000001"].map(rateFault)).toEqual([false, false, false]);
    expect(["0", "-1", "1.2.3", "0.0000001"].map(rateFault)).toEqual([true, true, true, true]);
  });
});

describe("a budget", () => {
  const of = (budget: string | undefined) => budgetOf(draft({ budget }), usd("3.10"));

  it("is what is suggested until somebody types another", () => {
    expect(of(undefined)).toEqual(usd("3.10"));
    expect(of("12,5")).toEqual(usd("12.50"));
    expect(of("0.50")).toEqual(usd("0.50"));
  });

  it("is at least the smallest card payment, in whole cents", () => {
    expect(of("0.49")).toBe("small");
    expect(of("0")).toBe("small");
    expect(of("1.005")).toBe("amount");
    expect(of("")).toBe("amount");
    expect(of("1e3")).toBe("amount");
  });

  it("lacks exactly what the wallet does not hold", () => {
    expect(missing(usd("0.50"), usd("0.499723"))).toEqual(usd("0.000277"));
    expect(missing(usd("0.50"), usd("0.50"))).toBeUndefined();
    expect(missing(usd("0.50"), usd("90000000.00"))).toBeUndefined();
  });
});

describe("a model", () => {
  const dataset = (format: string, shape: object) =>
    ({ format, inspection: { shape: { columns: [], rows: 1, classes: [], classes_total: 0, ...shape } } }) as unknown as InspectedDataset;
  const column = (name: string, kind: string) => ({ name, kind, missing: 0, distinct: 2 });

  it("fits data of its form and no other", () => {
    const table = dataset("csv", { columns: [column("a", "number")] });
    expect(fitOf(tables, table)).toMatchObject({ fits: true });
    expect(fitOf(images, table)).toMatchObject({ fits: false, because: "form" });
    expect(fitOf(images, dataset("cifar10-python", {}))).toMatchObject({ fits: true });
    expect(fitOf(tables, undefined)).toBeUndefined();
  });

  it("for texts wants a text besides the answer", () => {
    const only = dataset("csv", { columns: [column("species", "text"), column("a", "number")], label_column: "species" });
    expect(fitOf(card, only)).toMatchObject({ fits: false, because: "text" });
    const both = dataset("csv", { columns: [column("species", "text"), column("review", "text")], label_column: "species", text_column: "review" });
    expect(fitOf(card, both)).toEqual({ fits: true });
    expect(suggested([tables, card, images], both)).toBe("distilbert");
    expect(suggested([tables, card, images], only)).toBe("tabular");
  });
});

describe("a draft", () => {
  it("comes back as it was kept", () => {
    const kept = { ...typed({ epochs: "7" }), budget: "1.00", payWith: "wallet" as const };
    expect(readDraft(JSON.stringify(kept))).toEqual(kept);
  });

  it("is blank where what was kept cannot be understood", () => {
    for (const kept of [null, "", "null", "[]", "{", '{"dataset":7,"settings":"x","payWith":"gold"}']) {
      expect(readDraft(kept)).toEqual(BLANK);
    }
  });
});
