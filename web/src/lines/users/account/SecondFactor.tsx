// The second factor: set up with a camera, kept with codes on paper, turned off with both.

import { ShieldCheck, ShieldOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { meQuery, useSignedIn } from "@/session/session";
import { Button, Card, CardBody, Dialog, Notice, Status, toast } from "@/ui";
import { BothForm } from "./BothForm";
import { RecoveryCodes } from "./RecoveryCodes";
import { SetUpFactor } from "./SetUpFactor";

type Open = "set-up" | "turn-off" | "new-codes";

const FEW_CODES = 3;

export function SecondFactor() {
  const { t } = useTranslation("account");
  const me = useSignedIn();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const on = me.second_factor;
  return (
    <Card>
      <CardBody className="grid gap-4">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <div className="flex items-center gap-3 text-sm">
            {on ? (
              <ShieldCheck aria-hidden className="size-5 text-good" />
            ) : (
              <ShieldOff aria-hidden className="size-5 text-ink-3" />
            )}
            <Status tone={on ? "good" : "neutral"}>{on ? t("factor.on") : t("factor.off")}</Status>
            {on && (
              <span className="text-ink-2">{t("factor.codesLeft", { count: me.recovery_codes_left })}</span>
            )}
          </div>
          <div className="flex flex-wrap gap-2">
            {on ? (
              <>
                <Button size="sm" onClick={() => setOpen("new-codes")}>
                  {t("factor.newCodes")}
                </Button>
                <Button size="sm" onClick={() => setOpen("turn-off")}>
                  {t("factor.turnOff")}
                </Button>
              </>
            ) : (
              <Button variant="primary" onClick={() => setOpen("set-up")}>
                {t("factor.setUp")}
              </Button>
            )}
          </div>
        </div>
        {on && me.recovery_codes_left <= FEW_CODES && (
          <Notice tone="warn">{t("factor.fewCodes")}</Notice>
        )}
      </CardBody>
      {open === "set-up" && <SetUpFactor onClose={close} />}
      {open === "turn-off" && <TurnOff onClose={close} />}
      {open === "new-codes" && <NewCodes onClose={close} />}
    </Card>
  );
}

function TurnOff({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("account");
  const command = useCommand(
    (both: { password: string; code: string }) =>
      ask(api.DELETE("/v1/me/second-factor", { body: both })),
    {
      touches: [meQuery.queryKey],
      onDone: () => {
        onClose();
        toast(t("factor.turnedOff"));
      },
    },
  );
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={onClose}
      title={t("factor.turnOff")}
      description={t("factor.turnOffText")}
    >
      <BothForm danger label={t("factor.turnOff")} command={command} />
    </Dialog>
  );
}

function NewCodes({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("account");
  const command = useCommand(
    (both: { password: string; code: string }, key) =>
      ask(api.POST("/v1/me/second-factor/recovery-codes", { params: { header: key }, body: both })),
    { touches: [meQuery.queryKey] },
  );
  if (command.data !== undefined) {
    return <RecoveryCodes codes={command.data.recovery_codes} onClose={onClose} />;
  }
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={onClose}
      title={t("factor.newCodes")}
      description={t("factor.newCodesText")}
    >
      <BothForm label={t("factor.makeCodes")} command={command} />
    </Dialog>
  );
}
