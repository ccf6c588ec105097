// Where somebody is signed in, and who tried to.

import { useQuery } from "@tanstack/react-query";
import { Laptop, Smartphone } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { ShownAttempt, ShownSession } from "@/api/schema";
import { leave, signOut } from "@/session/session";
import {
  Badge,
  Button,
  Card,
  type Column,
  Dialog,
  ErrorState,
  Problem,
  Section,
  SkeletonRows,
  Status,
  Table,
  Title,
  toast,
  useExplain,
  When,
} from "@/ui";
import { program } from "./program";

export default function Sessions() {
  const { t } = useTranslation("account");
  return (
    <>
      <Title>{t("tabs.sessions")}</Title>
      <Section
        title={t("sessions.title")}
        description={t("sessions.text")}
        actions={<SignOutEverywhere />}
      >
        <Open />
      </Section>
      <Section title={t("signIns.title")} description={t("signIns.text")}>
        <SignIns />
      </Section>
    </>
  );
}

type WhereProps = {
  said: string | null | undefined;
  address: string | null | undefined;
  /** On telephones, below the rest. */
  at?: string;
};

function Where({ said, address, at }: WhereProps) {
  const { t } = useTranslation("account");
  const { name, system } = program(said ?? "");
  const Icon = system === "iOS" || system === "Android" ? Smartphone : Laptop;
  return (
    <div className="flex items-center gap-3">
      <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />
      <div className="min-w-0">
        <p className="truncate">
          {name === "" ? t("sessions.unknown") : system === undefined ? name : t("sessions.on", { name, system })}
        </p>
        {address && <p className="truncate text-xs text-ink-3">{address}</p>}
        {at !== undefined && (
          <p className="text-xs text-ink-3 md:hidden">
            <When at={at} />
          </p>
        )}
      </div>
    </div>
  );
}

function Open() {
  const sessions = useQuery({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => ask(api.GET("/v1/sessions", { signal })),
  });
  if (sessions.isPending) {
    return (
      <Card>
        <SkeletonRows rows={2} columns={3} />
      </Card>
    );
  }
  if (sessions.isError) {
    return (
      <Card>
        <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} />
      </Card>
    );
  }
  return (
    <Card>
      <ul className="divide-y divide-line">
        {sessions.data.data.map((session) => (
          <OneSession key={session.id} session={session} />
        ))}
      </ul>
    </Card>
  );
}

function OneSession({ session }: { session: ShownSession }) {
  const { t } = useTranslation("account");
  const explain = useExplain();
  const command = useCommand(
    async (one: ShownSession) => {
      if (one.current) await signOut();
      else await ask(api.DELETE("/v1/sessions/{session}", { params: { path: { session: one.id } } }));
    },
    {
      touches: session.current ? [] : [["sessions"]],
      onDone: () => {
        if (!session.current) toast(t("sessions.ended"));
      },
    },
  );
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2 px-4 py-3 text-sm sm:grid-cols-[minmax(0,1fr)_12rem_6.5rem] sm:px-5">
      <Where said={session.program} address={session.address} />
      <div className="text-xs text-ink-2 max-sm:order-3 max-sm:col-span-2 max-sm:pl-7">
        {session.current ? (
          <Badge tone="good">{t("sessions.current")}</Badge>
        ) : (
          <>
            {t("sessions.seen")} <When at={session.refreshed_at} as="relative" />
          </>
        )}
        <p className="mt-0.5 text-ink-3">
          {t("sessions.since")} <When at={session.started_at} />
        </p>
      </div>
      <Button
        size="sm"
        className="justify-self-end"
        pending={command.isPending}
        onClick={() =>
          command.mutate(session, { onError: (error) => toast(explain(error).title, "bad") })
        }
      >
        {session.current ? t("sessions.signOut") : t("sessions.end")}
      </Button>
    </li>
  );
}

function SignOutEverywhere() {
  const { t } = useTranslation(["account", "ui"]);
  const [open, setOpen] = useState(false);
  const command = useCommand(() => ask(api.DELETE("/v1/sessions")), {
    onDone: () => leave("signed-out-everywhere"),
  });
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        {t("sessions.everywhere")}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        size="sm"
        title={t("sessions.everywhere")}
        description={t("sessions.everywhereText")}
        actions={
          <>
            <Button onClick={() => setOpen(false)}>{t("ui:cancel")}</Button>
            <Button variant="danger" pending={command.isPending} onClick={() => command.mutate()}>
              {t("sessions.everywhere")}
            </Button>
          </>
        }
      >
        <Problem error={command.error} />
      </Dialog>
    </>
  );
}

function SignIns() {
  const { t } = useTranslation("account");
  const attempts = useQuery({
    queryKey: ["sign-ins"],
    queryFn: ({ signal }) => ask(api.GET("/v1/me/sign-ins", { signal })),
  });
  if (attempts.isPending) {
    return (
      <Card>
        <SkeletonRows rows={4} columns={3} />
      </Card>
    );
  }
  if (attempts.isError) {
    return (
      <Card>
        <ErrorState error={attempts.error} onRetry={() => void attempts.refetch()} />
      </Card>
    );
  }
  const columns: Column<ShownAttempt>[] = [
    {
      id: "where",
      header: t("signIns.where"),
      cell: (attempt) => (
        <Where said={attempt.program} address={attempt.address} at={attempt.at} />
      ),
    },
    {
      id: "outcome",
      header: t("signIns.outcome"),
      cell: (attempt) => (
        <Status tone={attempt.succeeded ? "good" : "bad"}>
          {attempt.succeeded ? t("signIns.in") : t("signIns.failed")}
        </Status>
      ),
    },
    {
      id: "at",
      header: t("signIns.at"),
      align: "right",
      wide: true,
      sortBy: (attempt) => attempt.at,
      cell: (attempt) => <When at={attempt.at} className="text-ink-2" />,
    },
  ];
  return (
    <Card>
      <Table
        label={t("signIns.title")}
        columns={columns}
        rows={attempts.data.data}
        rowKey={(attempt) => `${attempt.at}${attempt.address ?? ""}`}
      />
    </Card>
  );
}
