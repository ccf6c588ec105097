// The log as it is written: followed at its end, until somebody scrolls up to read.

import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDownToLine } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Card, CardHeader, cx } from "@/ui";
import type { LogLine, Task } from "./useTask";

const LINE_PX = 20;
const NEAR_PX = 24;

const INK: Record<LogLine["level"], string> = {
  debug: "text-ink-3",
  info: "text-ink",
  warn: "text-warn",
  error: "text-bad",
};

export function Log({ task, over }: { task: Task; over: boolean }) {
  const { t, i18n } = useTranslation("jobs");
  const { log } = task;
  const [following, setFollowing] = useState(true);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useVirtualizer({
    count: log.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => log[index]?.id ?? index,
    overscan: 20,
  });
  useEffect(() => {
    if (following && log.length > 0) lines.scrollToIndex(log.length - 1, { align: "end" });
  }, [following, log.length, lines]);
  const clock = new Intl.DateTimeFormat(i18n.language, { timeStyle: "medium" });
  return (
    <Card>
      <CardHeader
        title={t("log.title")}
        aside={
          log.length > 0 &&
          !over && (
            <Button
              size="sm"
              variant="ghost"
              aria-pressed={following}
              icon={<ArrowDownToLine aria-hidden />}
              onClick={() => setFollowing(!following)}
            >
              {following ? t("log.pause") : t("log.follow")}
            </Button>
          )
        }
      />
      {log.length === 0 ? (
        <p className="px-4 py-4 text-sm text-ink-2 sm:px-5">{t("log.none")}</p>
      ) : (
        <div
          ref={scroller}
          role="log"
          aria-label={t("log.title")}
          aria-live="off"
          tabIndex={0}
          className="max-h-72 overflow-auto rounded-b-lg bg-sunken py-2 font-mono text-xs"
          onScroll={({ currentTarget: at }) => {
            const near = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_PX;
            // Whoever scrolls up wants to read; whoever comes back to the end, to follow.
            if (near !== following && (near || lines.isScrolling)) setFollowing(near);
          }}
        >
          <div className="relative" style={{ height: lines.getTotalSize() }}>
            {lines.getVirtualItems().map((item) => {
              const line = log[item.index];
              if (line === undefined) return null;
              return (
                <div
                  key={item.key}
                  ref={lines.measureElement}
                  data-index={item.index}
                  className={cx("absolute inset-x-0 top-0 flex gap-3 px-4 leading-5 sm:px-5", INK[line.level])}
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <time dateTime={line.at} title={line.at} className="shrink-0 text-ink-3">
                    {clock.format(new Date(line.at))}
                  </time>
                  <span className="min-w-0 break-words whitespace-pre-wrap">{line.text}</span>
                </div>
              );
            })}
          </div>
        </div>
      )}
    </Card>
  );
}
