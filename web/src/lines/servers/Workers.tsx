// The machines that somebody brings, and how to bring another.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus, Server } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { hasRole, useSignedIn } from "@/session/session";
import { Button, Card, Checkbox, EmptyState, ErrorState, More, Page, PageHeader, SkeletonRows } from "@/ui";
import { BecomeProvider } from "./BecomeProvider";
import { JoinTokens } from "./JoinTokens";
import { MachineCard } from "./MachineCard";
import { machinesQuery } from "./queries";

const JoinDialog = lazy(async () => ({ default: (await import("./JoinDialog")).JoinDialog }));

export default function Workers() {
  const { t } = useTranslation("servers");
  const me = useSignedIn();
  const provides = hasRole(me, "provider");
  const [joining, setJoining] = useState(false);
  return (
    <Page>
      <PageHeader
        title={t("title")}
        description={t("description")}
        actions={
          provides && (
            <Button variant="primary" icon={<Plus aria-hidden />} onClick={() => setJoining(true)}>
              {t("join.open")}
            </Button>
          )
        }
      />
      {provides ? (
        <>
          <Machines onJoin={() => setJoining(true)} />
          <JoinTokens />
        </>
      ) : (
        <BecomeProvider />
      )}
      <Suspense>{joining && <JoinDialog onClose={() => setJoining(false)} />}</Suspense>
    </Page>
  );
}

function Machines({ onJoin }: { onJoin: () => void }) {
  const { t } = useTranslation("servers");
  const [retired, setRetired] = useState(false);
  const found = useInfiniteQuery(machinesQuery(retired));
  const machines = found.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section className="grid gap-4" aria-label={t("machines")}>
      {found.isPending ? (
        <Card>
          <SkeletonRows rows={3} columns={4} />
        </Card>
      ) : found.isError && machines.length === 0 ? (
        <Card>
          <ErrorState error={found.error} onRetry={() => void found.refetch()} />
        </Card>
      ) : machines.length === 0 ? (
        <Card>
          <EmptyState
            icon={<Server />}
            title={t("none")}
            action={
              <Button variant="primary" onClick={onJoin}>
                {t("join.open")}
              </Button>
            }
          >
            {t("noneText")}
          </EmptyState>
        </Card>
      ) : (
        machines.map((machine) => <MachineCard key={machine.id} machine={machine} />)
      )}
      <More list={found} />
      <Checkbox
        label={t("retire.show")}
        checked={retired}
        onChange={(event) => setRetired(event.target.checked)}
      />
    </section>
  );
}
