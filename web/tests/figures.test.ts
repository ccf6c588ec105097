// Figures that the app writes by itself are those that a browser would write.

import { describe, expect, it } from "vitest";
import { bytes } from "@/ui/figures";

const UNITS = ["kilobyte", "megabyte", "gigabyte", "terabyte"];
const plain = (said: string) => said.replace(/[\u00a0\u202f]/g, " ");

describe("a size", () => {
  it("is written as the browser writes it", () => {
    for (const language of ["en", "ru"]) {
      for (const [power, unit] of UNITS.entries()) {
        for (const value of [1, 1.5, 8.6, 9.94, 10, 12.4, 99, 640, 999]) {
          const written = new Intl.NumberFormat(language, {
            style: "unit",
            unit,
            unitDisplay: "short",
            maximumFractionDigits: value < 10 ? 1 : 0,
          }).format(value);
          expect(plain(bytes(value * 1_000 ** (power + 1), language))).toBe(plain(written));
        }
      }
    }
  });

  it("below a thousand is said in bytes", () => {
    expect(bytes(1, "en")).toBe("1 byte");
    expect(plain(bytes(2, "ru"))).toBe("2 байта");
    expect(bytes(999, "en")).toBe("999 bytes");
  });
});
