// How far a job is, how long it still takes, and when it was last heard of.

import { useTranslation } from "react-i18next";
import type { ShownJob } from "@/api/schema";
import { Ago, Card, CardBody, Notice, Progress } from "@/ui";
import { count, duration, percent } from "@/ui/figures";
import { isFailure, isLettingGo, isOver, standingOf } from "./names";
import type { Task } from "./useTask";

export function Going({ job, task }: { job: ShownJob; task: Task }) {
  const { t, i18n } = useTranslation("jobs");
  const standing = standingOf(job);
  const last = task.points.at(-1);
  const total = last?.stepsTotal ?? 0;
  // What is not saved is not kept: once no machine has it, only that counts.
  const running = job.status === "running";
  const step = running ? Math.max(last?.step ?? 0, job.progress.step) : job.progress.step;
  const share = job.status === "done" ? 1 : total > 0 ? step / total : running ? undefined : 0;
  // Nothing better came, and the trainer saved the customer the rest.
  const early = job.status === "done" && step < total;
  const tone = standing === "failed" ? "bad" : standing === "done" ? "good" : standing === "returned" ? "warn" : "accent";
  return (
    <Card>
      <CardBody className="grid gap-3">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
          <p className="text-base font-semibold">{t(`now.${standing}`)}</p>
          {total > 0 && (
            <p className="figures text-sm text-ink-2">
              {early
                ? t("stepsEarly", { step: count(step, i18n.language) })
                : t("steps", { step: count(step, i18n.language), total: count(total, i18n.language) })}
              {share !== undefined && !early && ` · ${percent(share, i18n.language)}`}
            </p>
          )}
        </div>
        <Progress label={t("progress")} value={share} tone={tone} className="h-2" />
        <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm text-ink-2">
          {running && last?.etaSeconds !== undefined && (
            <span>{t("left", { time: duration(last.etaSeconds, i18n.language) })}</span>
          )}
          {job.progress.trained_seconds > 0 && (
            <span>{t("kept", { time: duration(job.progress.trained_seconds, i18n.language) })}</span>
          )}
          {job.progress.interruptions > 0 && <span>{t("interruptions", { count: job.progress.interruptions })}</span>}
          {task.heardAt !== undefined && !isOver(job.status) && (
            <span>
              {t("heard")} <Ago at={task.heardAt} />
            </span>
          )}
        </p>
        <Reason job={job} />
        {task.live === "broken" && !isOver(job.status) && (
          <p role="status" className="text-sm text-warn">
            {t("broken")}
          </p>
        )}
      </CardBody>
    </Card>
  );
}

/** Why it stands where it stands, where that is not plain. */
function Reason({ job }: { job: ShownJob }) {
  const { t } = useTranslation("jobs");
  const standing = standingOf(job);
  if (standing === "returned" && isLettingGo(job.reason)) {
    return (
      <Notice tone="warn" title={t(`interrupted.${job.reason}`)}>
        {t("goesOn")}
      </Notice>
    );
  }
  if (standing === "failed") {
    return (
      <Notice tone="warn" title={isFailure(job.reason) ? t(`failure.${job.reason}.what`) : t("failure.trainer.what")}>
        <p>{isFailure(job.reason) ? t(`failure.${job.reason}.way`) : t("failure.trainer.way")}</p>
        {job.detail != null && (
          <p className="mt-1 break-words">
            {t("failure.said")} <code>{job.detail}</code>
          </p>
        )}
      </Notice>
    );
  }
  if (standing === "cancelled") {
    const expired = job.detail?.includes("payment-expired") ?? false;
    const failed = job.detail?.includes("payment-failed") ?? false;
    return <Notice>{expired ? t("cancelled.expired") : failed ? t("cancelled.failed") : t("cancelled.asked")}</Notice>;
  }
  if (standing === "unpaid" || standing === "funds-missing" || standing === "budget" || standing === "paused") {
    return <Notice tone={standing === "paused" ? "plain" : "warn"}>{t(`explain.${standing}`)}</Notice>;
  }
  return null;
}
