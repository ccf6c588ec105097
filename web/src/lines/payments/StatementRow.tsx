// A line of the statement: what happened, when, and what it moved of one's own.

import { ChevronRight } from "lucide-react";
import { memo } from "react";
import type { StatementLine } from "@/api/schema";
import { Amount, When } from "@/ui";
import { useEventWords } from "./useEventWords";

type StatementRowProps = { line: StatementLine; onOpen: (line: StatementLine) => void };

export const StatementRow = memo(function StatementRow({ line, onOpen }: StatementRowProps) {
  const words = useEventWords();
  return (
    <button
      type="button"
      onClick={() => onOpen(line)}
      className="flex w-full items-center gap-3 px-4 py-2.5 text-left text-sm hover:bg-hover focus-visible:outline-offset-[-2px] sm:px-5"
    >
      {/* On a telephone what happened has a line of its own, and its figures stand below. */}
      <span className="grid min-w-0 flex-1 grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-3 gap-y-0.5 sm:grid-cols-[minmax(0,1fr)_auto] sm:items-center sm:gap-y-0">
        <span className="font-medium max-sm:col-span-2">{words.event(line.type)}</span>
        <When at={line.recorded_at} className="text-xs whitespace-nowrap text-ink-3 sm:col-start-1 sm:row-start-2" />
        <span className="grid justify-items-end gap-0.5 sm:col-start-2 sm:row-span-2 sm:row-start-1 sm:flex sm:gap-6">
          {line.movements.map((movement) => (
            <span key={`${movement.account}${movement.amount.currency}`} className="grid justify-items-end max-sm:flex max-sm:items-baseline max-sm:gap-2 sm:min-w-32">
              <Amount value={movement.amount} signed className="order-2 sm:order-none" />
              <span className="text-xs text-ink-3">{words.leaf(movement.account)}</span>
            </span>
          ))}
        </span>
      </span>
      <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-3" />
    </button>
  );
});
