// Payments by card, the latest first.

import { useInfiniteQuery } from "@tanstack/react-query";
import { CreditCard } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import type { ShownPayment } from "@/api/schema";
import { Amount, Card, type Column, EmptyState, Paged, Table, When } from "@/ui";
import { isZero } from "@/ui/money";
import { PaymentStatus } from "./PaymentStatus";
import { paymentsQuery } from "./queries";

export function Payments() {
  const { t } = useTranslation("payments");
  const payments = useInfiniteQuery(paymentsQuery);
  return (
    <Card>
      <Paged
        list={payments}
        outline={{ rows: 5, columns: 4 }}
        none={
          <EmptyState icon={<CreditCard />} title={t("payments.none")}>
            {t("payments.noneText")}
          </EmptyState>
        }
      >
        {(rows) => <Rows rows={rows} />}
      </Paged>
    </Card>
  );
}

function Rows({ rows }: { rows: readonly ShownPayment[] }) {
  const { t } = useTranslation("payments");
  const navigate = useNavigate();
  const columns: Column<ShownPayment>[] = [
    {
      id: "for",
      header: t("payments.for"),
      cell: (payment) => (
        <Link
          to={`/payments/${payment.id}`}
          className="font-medium hover:underline"
          onClick={(event) => event.stopPropagation()}
        >
          {payment.order == null ? t("payments.topUp") : t("payments.order")}
        </Link>
      ),
    },
    { id: "status", header: t("payments.status"), cell: (payment) => <PaymentStatus status={payment.status} /> },
    {
      id: "refunded",
      header: t("payments.refunded"),
      align: "right",
      wide: true,
      cell: (payment) => !isZero(payment.refunded) && <Amount value={payment.refunded} />,
    },
    {
      id: "at",
      header: t("payments.at"),
      align: "right",
      wide: true,
      cell: (payment) => <When at={payment.requested_at} className="text-ink-2" />,
    },
    { id: "amount", header: t("payments.amount"), align: "right", cell: (payment) => <Amount value={payment.amount} /> },
  ];
  return (
    <Table
      label={t("payments.title")}
      columns={columns}
      rows={rows}
      rowKey={(payment) => payment.id}
      onRow={(payment) => void navigate(`/payments/${payment.id}`)}
    />
  );
}
