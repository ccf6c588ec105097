// Makes a join token and the command that a machine joins by; the token is shown this once.

import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { MadeJoinToken, NewJoinToken } from "@/api/schema";
import { Button, CopyLine, Dialog, Field, Input, Notice, Problem, Select, When } from "@/ui";

const HOURS = [1, 24, 168, 720];

export function JoinDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation(["servers", "ui"]);
  const queries = useQueryClient();
  const [machines, setMachines] = useState("1");
  const [hours, setHours] = useState("24");
  const [wrong, setWrong] = useState(false);
  const [made, setMade] = useState<MadeJoinToken>();
  const make = useCommand(
    (body: NewJoinToken, header) => ask(api.POST("/v1/machines/tokens", { params: { header }, body })),
    { touches: [["machines", "tokens"]], onDone: setMade },
  );
  const count = /^\d{1,4}$/.test(machines.trim()) ? Number(machines) : 0;
  const good = count >= 1 && count <= 1000;
  const close = () => {
    void queries.invalidateQueries({ queryKey: ["machines"] });
    onClose();
  };
  if (made !== undefined) {
    return (
      <Dialog
        open
        insistent
        onOpenChange={(open) => !open && close()}
        title={t("join.made")}
        description={t("join.madeText")}
        actions={
          <Button variant="primary" onClick={close}>
            {t("join.done")}
          </Button>
        }
      >
        <div className="grid gap-4">
          <CopyLine text={`trainnet agent join --server ${location.origin} --token ${made.token} --run`} />
          <Notice tone="warn" title={t("join.once")}>
            {t("join.onceText", { count: made.machines })} <When at={made.expires_at} />.
          </Notice>
          <p className="text-sm text-ink-2">{t("join.next")}</p>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t("join.title")}
      description={t("join.text")}
      actions={
        <>
          <Button onClick={onClose}>{t("ui:cancel")}</Button>
          <Button variant="primary" type="submit" form="join" pending={make.isPending}>
            {t("join.make")}
          </Button>
        </>
      }
    >
      <form
        id="join"
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setWrong(!good);
          if (good) make.mutate({ machines: count, expires_in_hours: Number(hours) });
        }}
      >
        <Problem error={make.error} />
        <Field label={t("join.machines")} error={wrong && !good ? t("join.machinesWrong") : undefined}>
          <Input inputMode="numeric" value={machines} onChange={(event) => setMachines(event.target.value)} />
        </Field>
        <Field label={t("join.lasts")}>
          <Select
            value={hours}
            options={HOURS.map((value) => ({
              value: String(value),
              label: value < 24 ? t("join.hours", { count: value }) : t("join.days", { count: value / 24 }),
            }))}
            onChange={(event) => setHours(event.target.value)}
          />
        </Field>
      </form>
    </Dialog>
  );
}
