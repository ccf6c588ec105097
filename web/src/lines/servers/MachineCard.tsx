// One machine: whether it is there, how busy it is, what it earns an hour, and what may be done.

import { Ellipsis, PauseCircle, Pencil, PlayCircle, Trash2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { Machine, MachineChange } from "@/api/schema";
import { useCardWords } from "@/lines/train/useCardWords";
import { Ago, Amount, Badge, Card, IconButton, Menu, MenuItem, MenuLine, Status, toast, useExplain } from "@/ui";
import { memory } from "@/ui/figures";
import { Busy } from "./Busy";

const ChangeMachine = lazy(async () => ({ default: (await import("./ChangeMachine")).ChangeMachine }));
const RetireMachine = lazy(async () => ({ default: (await import("./RetireMachine")).RetireMachine }));

export function MachineCard({ machine }: { machine: Machine }) {
  const { t, i18n } = useTranslation("servers");
  const words = useCardWords();
  const explain = useExplain();
  const [open, setOpen] = useState<"change" | "retire">();
  const change = useCommand(
    (body: MachineChange, header) =>
      ask(
        api.PATCH("/v1/machines/{machine}", {
          params: { path: { machine: machine.id } },
          headers: header,
          body,
        }),
      ),
    { touches: [["machines", "list"]], onDone: (_, { drained }) => toast(drained ? t("drain.done") : t("drain.undone")) },
  );
  const drain = (drained: boolean) =>
    change.mutate({ drained }, { onError: (error) => toast(explain(error).title, "bad") });
  const { hardware } = machine;
  const gpus = hardware.gpus.map((gpu) => `${gpu.model}, ${memory(gpu.memory_bytes, i18n.language)}`);
  const parts = [
    hardware.cpu_model,
    t("cores", { count: hardware.cpu_cores }),
    memory(hardware.memory_bytes, i18n.language),
    ...gpus,
  ];
  const retired = machine.retired_at != null;
  return (
    <Card>
      <article aria-label={machine.name} className="grid gap-4 p-4 sm:p-5">
        <div className="flex items-start justify-between gap-3">
          <div className="min-w-0">
            <h2 className="flex flex-wrap items-center gap-2 text-base font-semibold">
              <span className="break-all">{machine.name}</span>
              <Standing machine={machine} />
              {machine.verified && <Badge tone="good">{t("verified")}</Badge>}
            </h2>
            <p className="mt-1 text-sm text-ink-2">{parts.join(" · ")}</p>
            <p className="text-xs text-ink-3">
              {t("trains")} {machine.runtimes.map((name) => words.model(name)).join(", ")}
              {machine.region != null && ` · ${machine.region}`}
              {machine.seen_at != null && (
                <>
                  {" · "}
                  {t("seen")} <Ago at={machine.seen_at} />
                </>
              )}
            </p>
          </div>
          {!retired && (
            <Menu
              trigger={
                <IconButton label={t("menu", { name: machine.name })}>
                  <Ellipsis aria-hidden />
                </IconButton>
              }
            >
              <MenuItem icon={<Pencil aria-hidden />} onSelect={() => setOpen("change")}>
                {t("change.open")}
              </MenuItem>
              {machine.drained ? (
                <MenuItem icon={<PlayCircle aria-hidden />} onSelect={() => drain(false)}>
                  {t("drain.undo")}
                </MenuItem>
              ) : (
                <MenuItem icon={<PauseCircle aria-hidden />} onSelect={() => drain(true)}>
                  {t("drain.do")}
                </MenuItem>
              )}
              <MenuLine />
              <MenuItem danger icon={<Trash2 aria-hidden />} onSelect={() => setOpen("retire")}>
                {t("retire.open")}
              </MenuItem>
            </Menu>
          )}
        </div>
        {!retired && <Busy machine={machine} />}
        <p className="text-sm">
          <span className="text-ink-3">{t("price")} </span>
          <Amount value={machine.price_per_hour} per="hour" />
          {machine.slots > 1 && <span className="text-ink-3"> {t("slots", { count: machine.slots })}</span>}
        </p>
      </article>
      <Suspense>
        {open === "change" && <ChangeMachine machine={machine} onClose={() => setOpen(undefined)} />}
        {open === "retire" && <RetireMachine machine={machine} onClose={() => setOpen(undefined)} />}
      </Suspense>
    </Card>
  );
}

function Standing({ machine }: { machine: Machine }) {
  const { t } = useTranslation("servers");
  if (machine.retired_at != null) return <Status tone="neutral">{t("standing.retired")}</Status>;
  if (!machine.online) return <Status tone="bad">{t("standing.offline")}</Status>;
  if (machine.drained) return <Status tone="warn">{t("standing.drained")}</Status>;
  return (
    <Status tone="good" live>
      {t("standing.online")}
    </Status>
  );
}
