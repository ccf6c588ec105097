// What happened to a job so far, and what each of it cost.

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ShownJob } from "@/api/schema";
import { Amount, Card, CardBody, CardHeader, cx, ErrorState, SkeletonText, When } from "@/ui";
import { count } from "@/ui/figures";
import { receiptQuery } from "./queries";
import { type Chapter, storyOf } from "./story";

export function Story({ job }: { job: ShownJob }) {
  const { t } = useTranslation("jobs");
  // The story is longer whenever the job is another than it was.
  const receipt = useQuery({ ...receiptQuery(job.id, job.updated_at), placeholderData: keepPreviousData });
  const chapters = useMemo(() => storyOf(receipt.data ?? "").toReversed(), [receipt.data]);
  return (
    <Card>
      <CardHeader title={t("story.title")} />
      <CardBody>
        {receipt.data !== undefined ? (
          <ol className="grid gap-4">
            {chapters.map((chapter, index) => (
              <li key={chapter.position} className="relative flex gap-3 text-sm">
                <span
                  aria-hidden
                  className={cx(
                    "mt-1.5 size-2 shrink-0 rounded-full",
                    chapter.kind === "interrupted" || chapter.kind === "failed"
                      ? "bg-warn"
                      : index === 0
                        ? "bg-accent"
                        : "bg-line-strong",
                  )}
                />
                {index < chapters.length - 1 && (
                  <span aria-hidden className="absolute top-4 bottom-[-1rem] left-[3.5px] w-px bg-line" />
                )}
                <div className="min-w-0">
                  <p>
                    <Told chapter={chapter} />
                  </p>
                  <When at={chapter.at} className="text-xs text-ink-3" />
                </div>
              </li>
            ))}
          </ol>
        ) : receipt.isError ? (
          <ErrorState error={receipt.error} onRetry={() => void receipt.refetch()} />
        ) : (
          <SkeletonText lines={4} />
        )}
      </CardBody>
    </Card>
  );
}

function Told({ chapter }: { chapter: Chapter }) {
  const { t, i18n } = useTranslation("jobs");
  const number = (value: number) => count(value, i18n.language);
  switch (chapter.kind) {
    case "ordered":
      return (
        <>
          {t("story.ordered")} <Amount value={chapter.budget} />.
        </>
      );
    case "funded":
      return (
        <>
          {t("story.funded")} <Amount value={chapter.held} />.
        </>
      );
    case "started":
      return (
        <>
          {chapter.from === 0
            ? t("story.started", { machine: chapter.machine })
            : t("story.wentOn", { machine: chapter.machine, step: number(chapter.from) })}{" "}
          <Amount value={chapter.rate} per="hour" />.
        </>
      );
    case "saved":
      return (
        <>
          {t("story.saved", { step: number(chapter.step), count: chapter.times })} <Amount value={chapter.amount} />.
        </>
      );
    case "interrupted":
      return (
        <>
          {t(`interrupted.${chapter.because}`)}. {t("story.lost", { step: number(chapter.kept) })}
        </>
      );
    case "paused":
      return chapter.because === "budget" ? t("story.pausedBudget") : t("story.paused");
    case "budget-raised":
      return (
        <>
          {t("story.raised")} <Amount value={chapter.budget} />.
        </>
      );
    case "done":
    case "failed":
    case "cancelled":
      return (
        <>
          {chapter.kind === "failed" ? `${t(`failure.${chapter.because}.what`)}.` : t(`story.${chapter.kind}`)}{" "}
          {t("story.released")} <Amount value={chapter.released} />.
        </>
      );
    case "payment-opened":
      return t("story.paymentOpened");
    case "funds-missing":
      return t("story.fundsMissing");
    case "pause-asked":
      return t("story.pauseAsked");
    case "resumed":
      return t("story.resumed");
    case "cancel-asked":
      return t("story.cancelAsked");
  }
}
