// The models that came of finished jobs: how good they are, and where to get them.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Boxes } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import type { ShownJob } from "@/api/schema";
import { Download } from "@/lines/jobs/Download";
import { jobsQuery } from "@/lines/jobs/queries";
import { useMeasureWords } from "@/lines/jobs/useMeasureWords";
import { useCardWords } from "@/lines/train/useCardWords";
import {
  Amount,
  ButtonLink,
  Card,
  type Column,
  EmptyState,
  Page,
  PageHeader,
  Paged,
  Table,
  When,
} from "@/ui";
import { headline } from "./headline";

export default function Models() {
  const { t } = useTranslation("models");
  const jobs = useInfiniteQuery(jobsQuery("done"));
  return (
    <Page>
      <PageHeader title={t("title")} description={t("description")} />
      <Card>
        <Paged
          list={jobs}
          outline={{ rows: 5, columns: 4 }}
          none={
            <EmptyState
              icon={<Boxes />}
              title={t("none")}
              action={
                <ButtonLink to="/train" variant="primary">
                  {t("train")}
                </ButtonLink>
              }
            >
              {t("noneText")}
            </EmptyState>
          }
        >
          {(rows) => <Rows rows={rows} />}
        </Paged>
      </Card>
    </Page>
  );
}

function Rows({ rows }: { rows: readonly ShownJob[] }) {
  const { t } = useTranslation("models");
  const words = useCardWords();
  const measures = useMeasureWords();
  const navigate = useNavigate();
  const columns: Column<ShownJob>[] = [
    {
      id: "model",
      header: t("column.model"),
      cell: (job) => (
        <span className="grid">
          <Link
            to={`/status/${job.id}`}
            className="font-medium hover:underline"
            onClick={(event) => event.stopPropagation()}
          >
            {words.model(job.model_type)}
          </Link>
          {job.ended_at != null && <When at={job.ended_at} as="relative" className="text-xs text-ink-3" />}
        </span>
      ),
    },
    {
      id: "measure",
      header: t("column.measure"),
      cell: (job) => {
        const best = headline(job.metrics as Record<string, string>);
        if (best === undefined) return t("unmeasured");
        return (
          <span className="grid">
            <span className="figures font-medium">{measures.value(best.name, best.value)}</span>
            <span className="text-xs text-ink-3">{measures.name(best.name)}</span>
          </span>
        );
      },
    },
    { id: "cost", header: t("column.cost"), align: "right", wide: true, cell: (job) => <Amount value={job.charged} /> },
    { id: "get", header: <span className="sr-only">{t("column.get")}</span>, align: "right", cell: (job) => <Download job={job.id} size="sm" /> },
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
