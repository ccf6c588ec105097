// Where a job stands, in a word.

import { useTranslation } from "react-i18next";
import type { ShownJob } from "@/api/schema";
import { Status } from "@/ui";
import { isLive, standingOf, TONES } from "./names";

export function JobStatus({ job }: { job: Pick<ShownJob, "status" | "reason"> }) {
  const { t } = useTranslation("jobs");
  const standing = standingOf(job);
  return (
    <Status tone={TONES[standing]} live={isLive(standing)}>
      {t(`standing.${standing}`)}
    </Status>
  );
}
