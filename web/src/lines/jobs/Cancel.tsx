// A job is cancelled: what that costs is said before.

import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { ShownJob } from "@/api/schema";
import { Button, Dialog, Problem, toast } from "@/ui";
import { TOUCHES } from "./queries";

export function Cancel({ job, onClose }: { job: ShownJob; onClose: () => void }) {
  const { t } = useTranslation("jobs");
  const cancel = useCommand(
    (_: "cancel", header) =>
      ask(api.POST("/v1/jobs/{job}/cancel", { params: { path: { job: job.id }, header } })),
    {
      touches: TOUCHES,
      onDone: () => {
        toast(t("done.cancel"));
        onClose();
      },
    },
  );
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t("cancel.title")}
      description={job.status === "pending" ? t("cancel.unpaid") : t("cancel.text")}
      actions={
        <>
          <Button onClick={onClose}>{t("cancel.keep")}</Button>
          <Button variant="danger" pending={cancel.isPending} onClick={() => cancel.mutate("cancel")}>
            {t("cancel.do")}
          </Button>
        </>
      }
    >
      {cancel.error !== null && <Problem error={cancel.error} />}
    </Dialog>
  );
}
