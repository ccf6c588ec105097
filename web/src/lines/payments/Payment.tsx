// One payment, where the checkout leads back to: whether it has come, and what became of it.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CreditCard, LoaderCircle, Undo2 } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useParams, useSearchParams } from "react-router";
import type { WholePayment } from "@/api/schema";
import { Amount, Button, ButtonLink, Card, CardBody, CardHeader, ErrorState, Facts, Notice, Page, PageHeader, SkeletonPage, When } from "@/ui";
import { isZero, minus } from "@/ui/money";
import { PaymentStatus } from "./PaymentStatus";
import { paymentQuery } from "./queries";

const RefundDialog = lazy(async () => ({ default: (await import("./RefundDialog")).RefundDialog }));

export default function Payment() {
  const { t } = useTranslation("payments");
  const id = useParams().payment ?? "";
  const payment = useQuery(paymentQuery(id));
  if (payment.data !== undefined) return <Shown payment={payment.data} />;
  return (
    <Page width="narrow">
      {payment.isError ? (
        <>
          <PageHeader title={t("one.title")} back={{ to: "/wallet?tab=payments", label: t("payments.title") }} />
          <ErrorState error={payment.error} onRetry={() => void payment.refetch()} />
        </>
      ) : (
        <SkeletonPage />
      )}
    </Page>
  );
}

function Shown({ payment }: { payment: WholePayment }) {
  const { t } = useTranslation("payments");
  const [query] = useSearchParams();
  const queries = useQueryClient();
  const [refunding, setRefunding] = useState(false);
  const back = query.has("checkout");
  const waits = payment.status === "requested" || payment.status === "open" || payment.status === "processing";
  const left = minus(payment.amount, payment.refunded);
  const moved = payment.status === "paid";
  // What it pays for, and the wallet, are other than they were.
  useEffect(() => {
    if (!moved) return;
    for (const queryKey of [["jobs"], ["wallet"], ["statement"]]) void queries.invalidateQueries({ queryKey });
  }, [queries, moved]);
  return (
    <Page width="narrow">
      <PageHeader
        title={payment.order == null ? t("payments.topUp") : t("payments.order")}
        aside={<PaymentStatus status={payment.status} />}
        back={{ to: "/wallet?tab=payments", label: t("payments.title") }}
        actions={
          <>
            {payment.order?.startsWith("job_") && (
              <ButtonLink to={`/status/${payment.order}`} variant={payment.status === "paid" ? "primary" : "secondary"}>
                {t("one.toJob")}
              </ButtonLink>
            )}
            {payment.order == null && payment.status === "paid" && (
              <ButtonLink to="/wallet" variant="primary">
                {t("one.toWallet")}
              </ButtonLink>
            )}
            {payment.status === "paid" && !isZero(left) && (
              <Button icon={<Undo2 aria-hidden />} onClick={() => setRefunding(true)}>
                {t("refund.open")}
              </Button>
            )}
          </>
        }
      />
      {waits && back ? (
        <Notice title={t("one.coming")}>
          <span className="flex items-center gap-2">
            <LoaderCircle aria-hidden className="size-4 animate-spin" /> {t("one.comingText")}
          </span>
        </Notice>
      ) : waits && payment.checkout_url != null ? (
        <Notice tone="warn" title={t("one.open")}>
          <p>{t("one.openText")}</p>
          <Button
            size="sm"
            variant="primary"
            className="mt-2"
            icon={<CreditCard aria-hidden />}
            onClick={() => payment.checkout_url != null && location.assign(payment.checkout_url)}
          >
            {t("one.pay")} <Amount value={payment.amount} />
          </Button>
        </Notice>
      ) : payment.status === "paid" ? (
        back && <Notice tone="good" title={t("one.paid")}>{payment.order == null ? t("one.paidWallet") : t("one.paidOrder")}</Notice>
      ) : payment.status === "failed" ? (
        <Notice tone="warn" title={t("one.failed")}>{t("one.failedText")}</Notice>
      ) : (
        payment.status === "expired" && <Notice title={t("one.expired")}>{t("one.expiredText")}</Notice>
      )}
      <Card>
        <CardBody className="py-1.5">
          <Facts
            items={[
              { name: t("payments.amount"), value: <Amount value={payment.amount} /> },
              ...(isZero(payment.refunded)
                ? []
                : [{ name: t("payments.refunded"), value: <Amount value={payment.refunded} /> }]),
              { name: t("payments.at"), value: <When at={payment.requested_at} /> },
              ...(waits && payment.expires_at != null
                ? [{ name: t("one.until"), value: <When at={payment.expires_at} /> }]
                : []),
            ]}
          />
        </CardBody>
      </Card>
      {payment.refunds.length > 0 && <Refunds payment={payment} />}
      {payment.disputes.length > 0 && <Disputes payment={payment} />}
      <Suspense>{refunding && <RefundDialog payment={payment} onClose={() => setRefunding(false)} />}</Suspense>
    </Page>
  );
}

function Refunds({ payment }: { payment: WholePayment }) {
  const { t } = useTranslation("payments");
  return (
    <Card>
      <CardHeader title={t("refund.title")} />
      <CardBody className="py-1.5">
        <Facts
          items={payment.refunds.map((refund) => ({
            name: <When at={refund.requested_at} />,
            value: (
              <span className="flex flex-wrap gap-x-3">
                <Amount value={refund.amount} />
                <span className="text-ink-2">{t(`refund.status.${refund.status as "sent"}`)}</span>
              </span>
            ),
          }))}
        />
      </CardBody>
    </Card>
  );
}

function Disputes({ payment }: { payment: WholePayment }) {
  const { t } = useTranslation("payments");
  return (
    <Card>
      <CardHeader title={t("dispute.title")}>{t("dispute.text")}</CardHeader>
      <CardBody className="py-1.5">
        <Facts
          items={payment.disputes.map((dispute) => ({
            name: <When at={dispute.opened_at} />,
            value: (
              <span className="flex flex-wrap gap-x-3">
                <Amount value={dispute.amount} />
                <span className="text-ink-2">{t(`dispute.status.${dispute.status as "open"}`)}</span>
              </span>
            ),
          }))}
        />
      </CardBody>
    </Card>
  );
}
