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
      <span className="min-w-0 flex-1">
        <span className="block font-medium">{words.event(line.type)}</span>
        <When at={line.recorded_at} className="block text-xs text-ink-3" />
      </span>
      <span className="grid shrink-0 justify-items-end gap-0.5 sm:flex sm:gap-6">
        {line.movements.map((movement) => (
          <span key={`${movement.account}${movement.amount.currency}`} className="grid justify-items-end max-sm:flex max-sm:items-baseline max-sm:gap-2 sm:min-w-32">
            <Amount value={movement.amount} signed className="order-2 sm:order-none" />
            <span className="text-xs text-ink-3">{words.leaf(movement.account)}</span>
          </span>
        ))}
      </span>
      <ChevronRight aria-hidden className="size-4 shrink-0 text-ink-3" />
    </button>
  );
});
