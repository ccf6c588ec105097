// All jobs, the latest first.

import { useInfiniteQuery } from "@tanstack/react-query";
import { ListChecks, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useSearchParams } from "react-router";
import type { ShownJob } from "@/api/schema";
import { useCardWords } from "@/lines/train/useCardWords";
import {
  Amount,
  Button,
  ButtonLink,
  Card,
  type Column,
  EmptyState,
  Page,
  PageHeader,
  Paged,
  Progress,
  Select,
  Table,
  When,
} from "@/ui";
import { share } from "@/ui/money";
import { JobStatus } from "./JobStatus";
import { isStatus, STATUSES } from "./names";
import { jobsQuery } from "./queries";

export default function Jobs() {
  const { t } = useTranslation("jobs");
  const [query, setQuery] = useSearchParams();
  const said = query.get("status");
  const status = isStatus(said) ? said : undefined;
  const jobs = useInfiniteQuery(jobsQuery(status));
  const none = jobs.data?.pages[0]?.data.length === 0;
  return (
    <Page>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          <ButtonLink to="/train" variant="primary" icon={<Plus aria-hidden />}>
            {t("order")}
          </ButtonLink>
        }
      />
      <Card>
        {(status !== undefined || !none) && (
          <div className="flex justify-end border-b border-line px-4 py-3 sm:px-5">
          <div className="w-full sm:w-56">
            <Select
              aria-label={t("filter")}
              value={status ?? ""}
              options={[
                { value: "", label: t("status.all") },
                ...STATUSES.map((value) => ({ value, label: t(`status.${value}`) })),
              ]}
              onChange={(event) => setQuery(event.target.value === "" ? {} : { status: event.target.value }, { replace: true })}
            />
          </div>
          </div>
        )}
        <Paged
          list={jobs}
          outline={{ rows: 6, columns: 5 }}
          none={<Nothing filtered={status !== undefined} onAll={() => setQuery({}, { replace: true })} />}
        >
          {(rows) => <Rows rows={rows} />}
        </Paged>
      </Card>
    </Page>
  );
}

function Nothing({ filtered, onAll }: { filtered: boolean; onAll: () => void }) {
  const { t } = useTranslation("jobs");
  return (
    <EmptyState
      icon={<ListChecks />}
      title={filtered ? t("none.filtered") : t("none.title")}
      action={
        filtered ? (
          <Button onClick={onAll}>{t("none.all")}</Button>
        ) : (
          <ButtonLink to="/train" variant="primary">
            {t("order")}
          </ButtonLink>
        )
      }
    >
      {filtered ? t("none.filteredText") : t("none.text")}
    </EmptyState>
  );
}

function Rows({ rows }: { rows: readonly ShownJob[] }) {
  const { t } = useTranslation("jobs");
  const navigate = useNavigate();
  const words = useCardWords();
  const columns: Column<ShownJob>[] = [
    {
      id: "model",
      header: t("column.model"),
      cell: (job) => (
        <Link
          to={`/status/${job.id}`}
          className="font-medium hover:underline"
          onClick={(event) => event.stopPropagation()}
        >
          {words.model(job.model_type)}
        </Link>
      ),
    },
    { id: "status", header: t("column.status"), cell: (job) => <JobStatus job={job} /> },
    {
      id: "cost",
      header: t("column.cost"),
      cell: (job) => (
        <div className="grid min-w-28 gap-1.5">
          <span>
            <Amount value={job.charged} />
            <span className="text-ink-3">
              {" "}
              {t("cost.of")} <Amount value={job.budget} />
            </span>
          </span>
          <Progress label={t("cost.share")} value={share(job.charged, job.budget)} className="max-w-32" />
        </div>
      ),
      wide: true,
    },
    { id: "at", header: t("column.at"), align: "right", cell: (job) => <When at={job.ordered_at} as="relative" className="text-ink-2 whitespace-nowrap" /> },
  ];
  return (
    <Table
      label={t("title")}
      columns={columns}
      rows={rows}
      rowKey={(job) => job.id}
      onRow={(job) => void navigate(`/status/${job.id}`)}
    />
  );
}
