// A long statement: of ten thousand lines only those are in the page that are seen.

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { StatementLine } from "@/api/schema";
import { Button, Loading, Problem, Skeleton } from "@/ui";
import { StatementRow } from "./StatementRow";
import type { useStatement } from "./statement";

/** Of a line that needs no more than two rows of text; the others are measured when they come. */
const LINE_PX = 59;
/** Read before somebody comes there, so that whoever scrolls fast does not wait. */
const NEAR_THE_END = 100;

type ManyLinesProps = ReturnType<typeof useStatement> & { onOpen: (line: StatementLine) => void };

export default function ManyLines({ lines, more, moreError, isReading, readOn, onOpen }: ManyLinesProps) {
  const { t } = useTranslation("payments");
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => lines[index]?.position ?? index,
    overscan: 8,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const wanted = more && !isReading && moreError === null && last >= lines.length - NEAR_THE_END;
  useEffect(() => {
    if (wanted) readOn();
  });
  return (
    <div
      ref={scroller}
      role="feed"
      aria-label={t("statement.title")}
      aria-busy={isReading}
      tabIndex={0}
      className="overflow-auto"
      style={{ maxHeight: "min(70dvh, 44rem)" }}
    >
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {shown.map((item) => {
          const line = lines[item.index];
          if (line === undefined) return null;
          return (
            <article
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-posinset={item.index + 1}
              aria-setsize={more ? -1 : lines.length}
              className="absolute inset-x-0 top-0 contain-content border-b border-line"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <StatementRow line={line} onOpen={onOpen} />
            </article>
          );
        })}
      </div>
      {more && <Beyond error={moreError} readOn={readOn} />}
    </div>
  );
}

/** Below the last line that is there, while there are more. */
function Beyond({ error, readOn }: { error: unknown; readOn: () => void }) {
  const { t } = useTranslation("problems");
  if (error === null) {
    return (
      <div className="px-4 py-5 sm:px-5">
        <Loading>
          <Skeleton className="h-4 w-full" />
        </Loading>
      </div>
    );
  }
  return (
    <div className="p-4 sm:px-5">
      <Problem
        error={error}
        action={
          <Button size="sm" onClick={readOn}>
            {t("again")}
          </Button>
        }
      />
    </div>
  );
}

