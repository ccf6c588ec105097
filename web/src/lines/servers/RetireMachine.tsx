// A machine is no more: asked twice, because it never comes back under this name.

import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { Machine } from "@/api/schema";
import { Button, Dialog, Problem, toast } from "@/ui";

export function RetireMachine({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const { t } = useTranslation("servers");
  const retire = useCommand(
    (of: string, header) => ask(api.DELETE("/v1/machines/{machine}", { params: { path: { machine: of } }, headers: header })),
    {
      touches: [["machines"]],
      onDone: () => {
        toast(t("retire.done"));
        onClose();
      },
    },
  );
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t("retire.title", { name: machine.name })}
      description={t("retire.text")}
      actions={
        <>
          <Button onClick={onClose}>{t("retire.keep")}</Button>
          <Button variant="danger" pending={retire.isPending} onClick={() => retire.mutate(machine.id)}>
            {t("retire.do")}
          </Button>
        </>
      }
    >
      {retire.error !== null && <Problem error={retire.error} />}
    </Dialog>
  );
}
