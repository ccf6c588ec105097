// What an order cost and why, and a button that proves it here, without asking anybody.

import { useQuery } from "@tanstack/react-query";
import { Download, Printer } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { receiptQuery } from "@/lines/jobs/queries";
import { useCardWords } from "@/lines/train/useCardWords";
import { Amount, Badge, Button, ButtonLink, Card, CardBody, CardHeader, type Column, ErrorState, Facts, Page, PageHeader, SkeletonPage, Table } from "@/ui";
import { count, duration } from "@/ui/figures";
import { ReceiptProof } from "./ReceiptProof";
import { type Receipt, type ReceiptLine, readReceipt } from "./verify";

export default function ReceiptPage() {
  const { t } = useTranslation("payments");
  const order = useParams().order ?? "";
  const receipt = useQuery(receiptQuery(order));
  const read = useMemo(() => readReceipt(receipt.data ?? ""), [receipt.data]);
  const back = { to: `/status/${order}`, label: t("receipt.back") };
  if (receipt.data !== undefined && read !== undefined) {
    return <Shown text={receipt.data} receipt={read} back={back} />;
  }
  return (
    <Page width="narrow">
      {receipt.isPending ? (
        <SkeletonPage />
      ) : (
        <>
          <PageHeader title={t("receipt.title")} back={back} />
          <ErrorState
            error={receipt.error}
            onRetry={() => void receipt.refetch()}
            action={<ButtonLink to="/jobs">{t("receipt.toJobs")}</ButtonLink>}
          />
        </>
      )}
    </Page>
  );
}

function save(text: string, order: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = `receipt-${order}.json`;
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

type ShownProps = { text: string; receipt: Receipt; back: { to: string; label: string } };

function Shown({ text, receipt, back }: ShownProps) {
  const { t } = useTranslation("payments");
  const words = useCardWords();
  const { statement } = receipt;
  return (
    <Page width="narrow">
      <PageHeader
        title={t("receipt.titleOf", { model: words.model(statement.model) })}
        aside={statement.over ? <Badge tone="good">{t("receipt.final")}</Badge> : <Badge tone="accent">{t("receipt.soFar")}</Badge>}
        description={t("receipt.description")}
        back={back}
        actions={
          <>
            <Button icon={<Download aria-hidden />} onClick={() => save(text, receipt.order)}>
              {t("receipt.save")}
            </Button>
            <Button icon={<Printer aria-hidden />} className="max-sm:hidden" onClick={() => window.print()}>
              {t("receipt.print")}
            </Button>
          </>
        }
      />
      <ReceiptProof key={text} text={text} />
      <Card>
        <CardBody className="py-1.5">
          <Facts
            items={[
              { name: t("receipt.held"), value: <Amount value={statement.held} /> },
              { name: t("receipt.charged"), value: <strong><Amount value={statement.charged} /></strong> },
              { name: t("receipt.provider"), value: <Amount value={statement.provider_net} /> },
              { name: t("receipt.commission"), value: <Amount value={statement.commission} /> },
              { name: t("receipt.released"), value: <Amount value={statement.released} /> },
              { name: t("receipt.order"), value: <code className="text-xs break-all">{receipt.order}</code> },
            ]}
          />
        </CardBody>
      </Card>
      <Card>
        <CardHeader title={t("receipt.lines")}>{t("receipt.linesText")}</CardHeader>
        {statement.lines.length === 0 ? (
          <CardBody className="text-sm text-ink-2">{t("receipt.noLines")}</CardBody>
        ) : (
          <Lines lines={statement.lines} />
        )}
      </Card>
    </Page>
  );
}

function Lines({ lines }: { lines: readonly ReceiptLine[] }) {
  const { t, i18n } = useTranslation("payments");
  const columns: Column<ReceiptLine>[] = [
    {
      id: "lease",
      header: t("receipt.lease"),
      cell: (line) => (
        <span className="grid">
          <span className="figures">{t("receipt.steps", { from: count(line.from_step, i18n.language), to: count(line.to_step, i18n.language) })}</span>
          <span className="text-xs text-ink-3">{t("receipt.machine", { number: line.lease })}</span>
        </span>
      ),
    },
    { id: "seconds", header: t("receipt.time"), align: "right", cell: (line) => duration(line.seconds, i18n.language) },
    {
      id: "rate",
      header: t("receipt.rate"),
      align: "right",
      wide: true,
      cell: (line) => <Amount value={{ amount: line.rate.price, currency: line.rate.currency }} per="hour" />,
    },
    { id: "amount", header: t("receipt.amount"), align: "right", cell: (line) => <Amount value={line.amount} /> },
  ];
  return <Table label={t("receipt.lines")} columns={columns} rows={lines} rowKey={(line) => String(line.lease)} />;
}
