// A statement that is read again grows at its beginning and loses nothing behind it.

import { describe, expect, it } from "vitest";
import type { PageStatementLine, StatementLine } from "@/api/schema";
import { joined } from "@/lines/payments/statement";

const line = (position: number) => ({ position }) as StatementLine;

function page(positions: number[], next?: string): PageStatementLine {
  return { data: positions.map(line), ...(next !== undefined && { next }) };
}

describe("a statement that is read again", () => {
  it("is what was read, where nothing was known", () => {
    const now = page([9, 8], "8");
    expect(joined(now, undefined)).toBe(now);
  });

  it("puts what is new before what was known, and goes on where it was", () => {
    const known = page([7, 6, 5], "5");
    expect(joined(page([9, 8, 7], "7"), known)).toEqual(page([9, 8, 7, 6, 5], "5"));
    expect(joined(page([7, 6, 5], "5"), known)).toEqual(known);
  });

  it("begins anew where more happened than was read", () => {
    const now = page([99, 98], "98");
    expect(joined(now, page([7, 6], "6"))).toBe(now);
    expect(joined(now, page([]))).toBe(now);
  });
});
