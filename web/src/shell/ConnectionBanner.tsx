// Says that nobody answers, and goes away by itself.

import { CloudOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { connection, lookNow, onConnection } from "@/api/connection";

export function ConnectionBanner() {
  const { t } = useTranslation();
  const now = useSyncExternalStore(onConnection, connection);
  return (
    <div role="status" className="sticky top-0 z-40">
      {now !== "connected" && (
        <div className="flex flex-wrap items-center justify-center gap-x-3 gap-y-1 bg-warn-soft px-4 py-2 text-sm text-warn">
          <CloudOff aria-hidden className="size-4 shrink-0" />
          <span>{now === "offline" ? t("connection.offline") : t("connection.unreachable")}</span>
          <button type="button" onClick={lookNow} className="font-medium underline underline-offset-2">
            {t("connection.now")}
          </button>
        </div>
      )}
    </div>
  );
}
