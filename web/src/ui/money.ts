// Money as text: read, compared and written without ever becoming a binary fraction.

import type { Money } from "@/api/schema";

export type { Money };
export type Currency = "USD" | "RUB" | "USDT" | "BTC";

/** As finely as the books know any currency. */
const PLACES = 8;
const EXACT = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Hundred-millionths, exactly. */
export function units(amount: string): bigint {
  const parts = EXACT.exec(amount);
  if (parts === null) throw new RangeError("an amount is decimal text");
  const [, sign, whole = "", fraction = ""] = parts;
  if (fraction.length > PLACES) throw new RangeError("an amount has at most eight places");
  const value = BigInt(whole + fraction.padEnd(PLACES, "0"));
  return sign === "-" ? -value : value;
}

/** Back to text, with two places at least and no zeros behind them that say nothing. */
export function text(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(PLACES + 1, "0");
  const whole = digits.slice(0, -PLACES);
  const fraction = digits.slice(-PLACES).replace(/0+$/, "").padEnd(2, "0");
  return `${value < 0n ? "-" : ""}${whole}.${fraction}`;
}

function same(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new RangeError("amounts of two currencies do not add up");
}

export function plus(a: Money, b: Money): Money {
  same(a, b);
  return { amount: text(units(a.amount) + units(b.amount)), currency: a.currency };
}

export function minus(a: Money, b: Money): Money {
  same(a, b);
  return { amount: text(units(a.amount) - units(b.amount)), currency: a.currency };
}

/** Negative, zero or positive, as for sorting. */
export function compare(a: Money, b: Money): number {
  same(a, b);
  const difference = units(a.amount) - units(b.amount);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export const isZero = (money: Money): boolean => units(money.amount) === 0n;
export const isNegative = (money: Money): boolean => units(money.amount) < 0n;

/** How much of the whole it is, from 0 to 1, in ten-thousandths: for bars, not for books. */
export function share(part: Money, whole: Money): number {
  same(part, whole);
  const of = units(whole.amount);
  if (of <= 0n) return 0;
  const parts = (units(part.amount) * 10_000n) / of;
  return Number(parts < 0n ? 0n : parts > 10_000n ? 10_000n : parts) / 10_000;
}

/**
 * What stands between digits in the languages of the app, as a test holds it against what the browser
 * says: asking the browser takes longer than everything else in showing a page.
 */
const MARKS = { en: { decimal: ".", group: "," }, ru: { decimal: ",", group: "\u00a0" } };

const marksOf = (locale: string) => (locale.startsWith("ru") ? MARKS.ru : MARKS.en);

/** Every three digits from the right. */
const grouped = (whole: string, group: string): string =>
  whole.replace(/^0+(?=\d)/, "").replace(/\B(?=(\d{3})+$)/g, group);

const SIGNS: Record<string, string> = { USD: "$", RUB: "₽" };
const MINUS = "\u2212";
const SPACE = "\u00a0";

export type Shown = {
  /** Put a plus before what is more than nothing. */
  signed?: boolean;
};

/** An amount as people of this locale write it; every digit of it is the server's. */
export function shown(money: Money, locale: string, how: Shown = {}): string {
  const parts = EXACT.exec(money.amount);
  if (parts === null) return `${money.amount}${SPACE}${money.currency}`;
  const [, minusSign, whole = "0", fraction = ""] = parts;
  const { decimal, group } = marksOf(locale);
  const places = fraction.replace(/0+$/, "").padEnd(2, "0");
  const digits = `${grouped(whole, group)}${decimal}${places}`;
  const nothing = /^0*$/.test(whole + fraction);
  const sign = minusSign === "-" && !nothing ? MINUS : how.signed && !nothing ? "+" : "";
  const symbol = SIGNS[money.currency];
  if (symbol === undefined) return `${sign}${digits}${SPACE}${money.currency}`;
  if (locale.startsWith("en")) return `${sign}${symbol}${digits}`;
  return `${sign}${digits}${SPACE}${symbol}`;
}

/**
 * What somebody typed, as the server wants it; nothing if it is no amount. Both a comma and a point
 * may stand before the fraction, and spaces anywhere; what could be read in two ways is refused.
 */
export function readAmount(typed: string, places = 2): string | undefined {
  const plain = typed.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  const parts = /^(\d{1,11})(?:\.(\d*))?$/.exec(plain);
  if (parts === null) return undefined;
  const [, whole = "0", fraction = ""] = parts;
  if (fraction.length > places) return undefined;
  return `${whole.replace(/^0+(?=\d)/, "")}.${fraction.padEnd(2, "0")}`;
}
