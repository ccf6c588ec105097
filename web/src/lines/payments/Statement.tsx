// What moved in the wallet, the latest first: ten thousand lines of which only the seen ones are there.

import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronRight, ScrollText } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { StatementLine } from "@/api/schema";
import { Amount, Card, EmptyState, ErrorState, SkeletonRows, When } from "@/ui";
import { statementQuery } from "./queries";
import { useEventWords } from "./useEventWords";

const Explanation = lazy(async () => ({ default: (await import("./Explanation")).Explanation }));

const LINE_PX = 60;
const NEAR_THE_END = 30;

export function Statement() {
  const { t } = useTranslation("payments");
  const statement = useInfiniteQuery(statementQuery);
  const lines = useMemo(() => statement.data?.pages.flatMap((page) => page.data) ?? [], [statement.data]);
  const [open, setOpen] = useState<StatementLine>();
  if (statement.isPending) {
    return (
      <Card>
        <SkeletonRows rows={8} columns={3} />
      </Card>
    );
  }
  if (statement.isError && lines.length === 0) {
    return (
      <Card>
        <ErrorState error={statement.error} onRetry={() => void statement.refetch()} />
      </Card>
    );
  }
  if (lines.length === 0) {
    return (
      <Card>
        <EmptyState icon={<ScrollText />} title={t("statement.none")}>
          {t("statement.noneText")}
        </EmptyState>
      </Card>
    );
  }
  return (
    <>
      <p className="mb-3 text-sm text-ink-2">{t("statement.text")}</p>
      <Card className="overflow-hidden">
        <Lines
          lines={lines}
          more={statement.hasNextPage}
          onOpen={setOpen}
          onEnd={() => {
            if (statement.hasNextPage && !statement.isFetchingNextPage) void statement.fetchNextPage();
          }}
        />
      </Card>
      <Suspense>{open !== undefined && <Explanation line={open} onClose={() => setOpen(undefined)} />}</Suspense>
    </>
  );
}

type LinesProps = {
  lines: readonly StatementLine[];
  more: boolean;
  onOpen: (line: StatementLine) => void;
  onEnd: () => void;
};

function Lines({ lines, more, onOpen, onEnd }: LinesProps) {
  const { t } = useTranslation("payments");
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => lines[index]?.position ?? index,
    overscan: 10,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= lines.length - NEAR_THE_END) onEnd();
  }, [more, last, lines.length, onEnd]);
  return (
    <div
      ref={scroller}
      role="feed"
      aria-label={t("statement.title")}
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
              className="absolute inset-x-0 top-0 border-b border-line"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Row line={line} onOpen={() => onOpen(line)} />
            </article>
          );
        })}
      </div>
    </div>
  );
}

function Row({ line, onOpen }: { line: StatementLine; onOpen: () => void }) {
  const words = useEventWords();
  return (
    <button
      type="button"
      onClick={onOpen}
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
}
