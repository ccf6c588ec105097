// Figures that are no money, as people of a language write them: bytes, durations, counts.

const formats = new Map<string, Intl.NumberFormat>();

function format(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale}${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.NumberFormat(locale, options);
  formats.set(key, known);
  return known;
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function bytes(count: number, locale: string): string {
  let value = count;
  let unit = 0;
  while (value >= 1_000 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = value < 10 && unit > 0 ? 1 : 0;
  return format(locale, {
    style: "unit",
    unit: UNITS[unit] ?? "byte",
    unitDisplay: unit === 0 ? "long" : "short",
    maximumFractionDigits: digits,
  }).format(value);
}

/** Memory of machines comes in powers of two, and its sellers write "24 GB". */
export const memory = (count: number, locale: string): string =>
  format(locale, { style: "unit", unit: "gigabyte", unitDisplay: "short", maximumFractionDigits: 0 }).format(
    Math.round(count / 2 ** 30),
  );

const part = (value: number, unit: string, locale: string): string =>
  format(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0 }).format(value);

/** The two largest units that say something. */
export function duration(seconds: number, locale: string): string {
  const whole = Math.max(0, Math.round(seconds));
  const steps: [number, string][] = [
    [Math.floor(whole / 86_400), "day"],
    [Math.floor((whole % 86_400) / 3_600), "hour"],
    [Math.floor((whole % 3_600) / 60), "minute"],
    [whole % 60, "second"],
  ];
  const first = steps.findIndex(([value]) => value > 0);
  if (first === -1) return part(0, "second", locale);
  const shown = steps.slice(first, first + 2).filter(([value], index) => index === 0 || value > 0);
  return shown.map(([value, unit]) => part(value, unit, locale)).join(" ");
}

export const count = (value: number, locale: string): string => format(locale, {}).format(value);

/** A setting: a number as people of the language write it, and anything else as it is. */
export const setting = (value: string, locale: string): string =>
  /^\d{1,15}(\.\d{1,12})?$/.test(value) ? format(locale, { maximumFractionDigits: 12 }).format(Number(value)) : value;

export const percent = (share: number, locale: string, digits = 0): string =>
  format(locale, { style: "percent", maximumFractionDigits: digits }).format(share);

/** A measure such as a loss: so many digits as say something. */
export function measure(value: number, locale: string): string {
  if (value !== 0 && Math.abs(value) < 0.0001) return value.toExponential(2);
  return format(locale, { maximumSignificantDigits: 4 }).format(value);
}
