// Money on the screen is the server's, digit by digit.

import { describe, expect, it } from "vitest";
import { compare, isZero, minus, plus, readAmount, share, shown, text, units } from "@/ui/money";

const usd = (amount: string) => ({ amount, currency: "USD" });
const plain = (said: string) => said.replace(/[\u00a0\u202f]/g, " ");

describe("an amount", () => {
  it("adds up where binary fractions do not", () => {
    expect(plus(usd("0.10"), usd("0.20"))).toEqual(usd("0.30"));
    expect(minus(usd("2.00"), usd("0.734208"))).toEqual(usd("1.265792"));
    let sum = usd("0.00");
    for (let i = 0; i < 1_000; i += 1) sum = plus(sum, usd("0.000001"));
    expect(sum).toEqual(usd("0.001"));
  });

  it("keeps more digits than a double has", () => {
    const large = usd("90071992547.409931");
    expect(plus(large, usd("0.000001")).amount).toBe("90071992547.409932");
    expect(plain(shown(large, "en"))).toBe("$90,071,992,547.409931");
  });

  it("comes back as it went in, over many of them", () => {
    let seed = 42n;
    for (let i = 0; i < 5_000; i += 1) {
      seed = (seed * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % (1n << 64n);
      const value = (seed % 10_000_000_000_000_000n) - 5_000_000_000_000_000n;
      expect(units(text(value))).toBe(value);
    }
  });

  it("does not mix currencies", () => {
    expect(() => plus(usd("1.00"), { amount: "1.00", currency: "RUB" })).toThrow(RangeError);
    expect(() => compare(usd("1.00"), { amount: "1.00", currency: "RUB" })).toThrow(RangeError);
  });

  it("refuses what is no amount", () => {
    for (const wrong of ["", "1,00", "1e3", "NaN", "0x10", "1.123456789", " 1", "+1"]) {
      expect(() => units(wrong), wrong).toThrow(RangeError);
    }
  });

  it("compares by value, not as text", () => {
    expect(compare(usd("9.00"), usd("10.00"))).toBe(-1);
    expect(compare(usd("10.0"), usd("10.000000"))).toBe(0);
    expect(isZero(usd("-0.00"))).toBe(true);
  });

  it("is a share of another, within nothing and all", () => {
    expect(share(usd("0.50"), usd("2.00"))).toBe(0.25);
    expect(share(usd("3.00"), usd("2.00"))).toBe(1);
    expect(share(usd("-1.00"), usd("2.00"))).toBe(0);
    expect(share(usd("1.00"), usd("0.00"))).toBe(0);
  });
});

describe("an amount on the screen", () => {
  it("is written as people write it", () => {
    expect(plain(shown(usd("1234567.5"), "en"))).toBe("$1,234,567.50");
    expect(plain(shown(usd("1234567.50"), "ru"))).toBe("1 234 567,50 $");
    expect(plain(shown({ amount: "12.00", currency: "RUB" }, "ru"))).toBe("12,00 ₽");
    expect(plain(shown({ amount: "0.00012300", currency: "BTC" }, "en"))).toBe("0.000123 BTC");
  });

  it("has between its digits what the browser writes there", () => {
    for (const language of ["en", "ru"]) {
      for (const whole of ["0", "7", "12", "999", "1000", "4096", "10000", "123456", "1234567", "90071992547"]) {
        const written = new Intl.NumberFormat(language, { minimumFractionDigits: 2 }).format(Number(`${whole}.25`));
        expect(shown(usd(`${whole}.25`), language).replace(/[$]|\u00a0[$]/g, "")).toBe(written);
      }
    }
  });

  it("is never rounded", () => {
    expect(plain(shown(usd("0.000222"), "en"))).toBe("$0.000222");
    expect(plain(shown(usd("0.000001"), "ru"))).toBe("0,000001 $");
    expect(plain(shown(usd("2.500000"), "en"))).toBe("$2.50");
  });

  it("has its sign before everything, and none where there is nothing", () => {
    expect(plain(shown(usd("-12.30"), "en"))).toBe("−$12.30");
    expect(plain(shown(usd("12.30"), "en", { signed: true }))).toBe("+$12.30");
    expect(plain(shown(usd("-0.00"), "en", { signed: true }))).toBe("$0.00");
  });
});

describe("a typed amount", () => {
  it("is read with a point, a comma and spaces", () => {
    expect(readAmount("12.5")).toBe("12.50");
    expect(readAmount("12,50")).toBe("12.50");
    expect(readAmount(" 1 234,5 ")).toBe("1234.50");
    expect(readAmount("007")).toBe("7.00");
    expect(readAmount("5.")).toBe("5.00");
    expect(readAmount("0.000001", 6)).toBe("0.000001");
  });

  it("is refused where it could mean two things or nothing", () => {
    for (const wrong of ["", "1,234.50", "1.2.3", "-5", "1e5", "12.345", "abc", ".5", "$5"]) {
      expect(readAmount(wrong), wrong).toBeUndefined();
    }
  });
});
