// One job as it goes: how far it is, what it costs, where it runs and why, and what came of it.

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import type { ShownJob } from "@/api/schema";
import { useCardWords } from "@/lines/train/useCardWords";
import { ButtonLink, Card, CardBody, CardHeader, ErrorState, Pairs, Page, PageHeader, SkeletonPage, When } from "@/ui";
import { Actions } from "./Actions";
import { Cost } from "./Cost";
import { Curves } from "./Curves";
import { Going } from "./Going";
import { setting } from "@/ui/figures";
import { JobStatus } from "./JobStatus";
import { Log } from "./Log";
import { isOver, jobOf, rests, standingOf } from "./names";
import { jobQuery } from "./queries";
import { Result } from "./Result";
import { Story } from "./Story";
import { useTask } from "./useTask";
import { Why } from "./Why";

export default function Status() {
  const { t } = useTranslation("jobs");
  const id = jobOf(useParams().taskId ?? "");
  const job = useQuery(jobQuery(id));
  if (job.data !== undefined) return <Shown key={id} job={job.data} />;
  return (
    <Page>
      {job.isError ? (
        <>
          <PageHeader title={t("one")} back={{ to: "/jobs", label: t("title") }} />
          <ErrorState
            error={job.error}
            onRetry={() => void job.refetch()}
            action={<ButtonLink to="/jobs">{t("toAll")}</ButtonLink>}
          />
        </>
      ) : (
        <SkeletonPage />
      )}
    </Page>
  );
}

function Shown({ job }: { job: ShownJob }) {
  const { t } = useTranslation("jobs");
  const words = useCardWords();
  const standing = standingOf(job);
  const over = isOver(job.status);
  const begun = job.progress.starts > 0;
  const waits = !over && job.status !== "pending" && !rests(standing);
  const task = useTask(job.id, { speaks: waits || (over && begun), over });
  const said = begun || task.points.length > 0 || task.log.length > 0;
  return (
    <Page width="wide">
      <PageHeader
        title={t("titleOf", { model: words.model(job.model_type) })}
        aside={<JobStatus job={job} />}
        description={
          <>
            {t("orderedAt")} <When at={job.ordered_at} />
          </>
        }
        actions={<Actions job={job} />}
        back={{ to: "/jobs", label: t("title") }}
      />
      <div className="grid grid-cols-1 items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="grid min-w-0 grid-cols-1 gap-6">
          <Going job={job} task={task} />
          {job.status === "done" && <Result job={job} />}
          {said && <Curves points={task.points} over={over} />}
          {said && <Log task={task} over={over} />}
        </div>
        <div className="grid min-w-0 grid-cols-1 gap-6">
          <Cost job={job} />
          {waits && <Why job={job} />}
          <Story job={job} />
          <Settings job={job} />
        </div>
      </div>
    </Page>
  );
}

function Settings({ job }: { job: ShownJob }) {
  const { t, i18n } = useTranslation("jobs");
  const words = useCardWords();
  const set = Object.entries(job.hyperparams as Record<string, unknown>);
  return (
    <Card>
      <CardHeader title={t("settings")} />
      <CardBody className="py-1.5">
        <Pairs
          items={[
            ...set.map(([name, value]) => ({
              name: words.label(name),
              value: <span className="figures">{setting(words.choice(String(value)), i18n.language)}</span>,
            })),
            { name: t("seed"), value: <span className="figures">{job.seed}</span> },
          ]}
        />
      </CardBody>
    </Card>
  );
}
