// Join tokens that are out there, and taking one back.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { ShownJoinToken } from "@/api/schema";
import { Badge, Button, Card, CardHeader, ErrorState, SkeletonRows, toast, useExplain, When } from "@/ui";
import { tokensQuery } from "./queries";

type Standing = "open" | "used" | "expired" | "revoked";

function standingOf(token: ShownJoinToken, now: number): Standing {
  if (token.revoked_at != null) return "revoked";
  if (token.joined >= token.machines) return "used";
  return new Date(token.expires_at).getTime() <= now ? "expired" : "open";
}

export function JoinTokens() {
  const { t } = useTranslation("servers");
  const tokens = useQuery(tokensQuery);
  const [now] = useState(() => Date.now());
  if (tokens.data?.data.length === 0) return null;
  return (
    <Card>
      <CardHeader title={t("tokens.title")}>{t("tokens.text")}</CardHeader>
      {tokens.data !== undefined ? (
        <ul className="divide-y divide-line">
          {tokens.data.data.map((token) => (
            <Token key={token.id} token={token} standing={standingOf(token, now)} />
          ))}
        </ul>
      ) : tokens.isError ? (
        <ErrorState error={tokens.error} onRetry={() => void tokens.refetch()} />
      ) : (
        <SkeletonRows rows={2} columns={3} />
      )}
    </Card>
  );
}

function Token({ token, standing }: { token: ShownJoinToken; standing: Standing }) {
  const { t } = useTranslation("servers");
  const explain = useExplain();
  const revoke = useCommand(
    (join: string, header) => ask(api.DELETE("/v1/machines/tokens/{join}", { params: { path: { join } }, headers: header })),
    { touches: [["machines", "tokens"]], onDone: () => toast(t("tokens.revoked")) },
  );
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3 text-sm sm:px-5">
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-2">
          {t("tokens.joined", { count: token.joined, of: token.machines })}
          <Badge tone={standing === "open" ? "accent" : "neutral"}>{t(`tokens.standing.${standing}`)}</Badge>
        </p>
        <p className="text-xs text-ink-3">
          {t("tokens.made")} <When at={token.made_at} as="relative" /> · {t("tokens.until")} <When at={token.expires_at} />
        </p>
      </div>
      {standing === "open" && (
        <Button
          size="sm"
          pending={revoke.isPending}
          onClick={() => revoke.mutate(token.id, { onError: (error) => toast(explain(error).title, "bad") })}
        >
          {t("tokens.revoke")}
        </Button>
      )}
    </li>
  );
}
