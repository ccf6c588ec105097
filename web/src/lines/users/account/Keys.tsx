// The keys that programs ask with.

import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { ShownKey } from "@/api/schema";
import {
  Badge,
  Button,
  Card,
  type Column,
  Dialog,
  EmptyState,
  ErrorState,
  Problem,
  Section,
  SkeletonRows,
  Table,
  Title,
  toast,
  When,
} from "@/ui";

/** With all that forms need; a list of keys does without. */
const fetchCreateKey = () => import("./CreateKey");
const CreateKey = lazy(fetchCreateKey);

export default function Keys() {
  const { t } = useTranslation("account");
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ShownKey>();
  const keys = useQuery({
    queryKey: ["keys"],
    queryFn: ({ signal }) => ask(api.GET("/v1/keys", { signal })),
    select: (found) => found.data.filter((key) => !key.revoked_at),
  });
  const create = (
    <Button
      variant="primary"
      size="sm"
      icon={<Plus aria-hidden />}
      onPointerEnter={() => void fetchCreateKey()}
      onClick={() => setCreating(true)}
    >
      {t("keys.create")}
    </Button>
  );
  return (
    <>
      <Title>{t("tabs.keys")}</Title>
      <Section title={t("keys.title")} description={t("keys.text")} actions={keys.data?.length ? create : undefined}>
        <Card>
          {keys.isPending ? (
            <SkeletonRows rows={3} />
          ) : keys.isError ? (
            <ErrorState error={keys.error} onRetry={() => void keys.refetch()} />
          ) : keys.data.length === 0 ? (
            <EmptyState icon={<KeyRound />} title={t("keys.none")} action={create}>
              {t("keys.noneText")}
            </EmptyState>
          ) : (
            <KeyTable keys={keys.data} onRevoke={setRevoking} />
          )}
        </Card>
      </Section>
      {creating && (
        <Suspense>
          <CreateKey onClose={() => setCreating(false)} />
        </Suspense>
      )}
      {revoking !== undefined && <Revoke revoked={revoking} onClose={() => setRevoking(undefined)} />}
    </>
  );
}

function KeyTable({ keys, onRevoke }: { keys: ShownKey[]; onRevoke: (key: ShownKey) => void }) {
  const { t } = useTranslation("account");
  const columns: Column<ShownKey>[] = [
    {
      id: "label",
      header: t("keys.label"),
      sortBy: (key) => key.label,
      cell: (key) => (
        <div className="grid gap-1">
          <span className="font-medium break-words">{key.label}</span>
          <span className="flex flex-wrap gap-1">
            {key.scopes.map((scope) => (
              <Badge key={scope}>{t(`scope.${scope.replace(":", "-")}.short` as "scope.read.short")}</Badge>
            ))}
          </span>
        </div>
      ),
    },
    {
      id: "used",
      header: t("keys.used"),
      wide: true,
      cell: (key) =>
        key.last_used_at ? (
          <When at={key.last_used_at} as="relative" />
        ) : (
          <span className="text-ink-3">{t("keys.never")}</span>
        ),
    },
    {
      id: "until",
      header: t("keys.until"),
      wide: true,
      cell: (key) =>
        key.expires_at ? (
          <When at={key.expires_at} as="day" />
        ) : (
          <span className="text-ink-3">{t("keys.forEver")}</span>
        ),
    },
    {
      id: "do",
      header: <span className="sr-only">{t("keys.do")}</span>,
      align: "right",
      cell: (key) => (
        <Button size="sm" onClick={() => onRevoke(key)} aria-label={t("keys.revokeNamed", { label: key.label })}>
          {t("keys.revoke")}
        </Button>
      ),
    },
  ];
  return <Table label={t("keys.title")} columns={columns} rows={keys} rowKey={(key) => key.id} />;
}

function Revoke({ revoked, onClose }: { revoked: ShownKey; onClose: () => void }) {
  const { t } = useTranslation(["account", "ui"]);
  const command = useCommand(
    (key: string) => ask(api.DELETE("/v1/keys/{key}", { params: { path: { key } } })),
    {
      touches: [["keys"]],
      onDone: () => {
        onClose();
        toast(t("keys.revoked"));
      },
    },
  );
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={onClose}
      title={t("keys.revokeTitle", { label: revoked.label })}
      description={t("keys.revokeText")}
      actions={
        <>
          <Button onClick={onClose}>{t("ui:cancel")}</Button>
          <Button variant="danger" pending={command.isPending} onClick={() => command.mutate(revoked.id)}>
            {t("keys.revoke")}
          </Button>
        </>
      }
    >
      <Problem error={command.error} />
    </Dialog>
  );
}
