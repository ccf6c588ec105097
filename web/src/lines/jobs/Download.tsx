// Fetches a trained model: a link is asked for when it is wanted, and soon expires.

import { Download as Icon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { Button, toast, useExplain } from "@/ui";

type DownloadProps = { job: string; size?: "sm" | "md"; primary?: boolean };

export function Download({ job, size = "md", primary = false }: DownloadProps) {
  const { t } = useTranslation("jobs");
  const explain = useExplain();
  const link = useCommand((of: string) => ask(api.GET("/models/{job}/download", { params: { path: { job: of } } })), {
    onDone: ({ url }) => {
      const anchor = document.createElement("a");
      anchor.href = url;
      anchor.download = "";
      anchor.click();
    },
  });
  return (
    <Button
      size={size}
      variant={primary ? "primary" : "secondary"}
      icon={<Icon aria-hidden />}
      pending={link.isPending}
      onClick={(event) => {
        event.stopPropagation();
        link.mutate(job, { onError: (error) => toast(explain(error).title, "bad") });
      }}
    >
      {t("action.download")}
    </Button>
  );
}
