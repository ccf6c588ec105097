// How busy a machine is now, and how busy it was in the last hour.

import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronUp } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Machine } from "@/api/schema";
import { Button, Chart, ErrorState, Progress, type Series, SkeletonText } from "@/ui";
import { bytes, count, memory, percent } from "@/ui/figures";
import { readLoad } from "./load";
import { loadsQuery } from "./queries";

export function Busy({ machine }: { machine: Machine }) {
  const { t, i18n } = useTranslation("servers");
  const [history, setHistory] = useState(false);
  const load = readLoad(machine.load);
  if (load === undefined || !machine.online) {
    return <p className="text-sm text-ink-2">{machine.online ? t("load.none") : t("load.offline")}</p>;
  }
  const all = machine.hardware.memory_bytes;
  const bars: { label: string; value: number; said: string }[] = [];
  if (load.cpuPercent !== undefined) {
    const share = load.cpuPercent / 100;
    bars.push({ label: t("load.cpu"), value: share, said: percent(share, i18n.language) });
  }
  if (load.memoryBytes !== undefined) {
    const said = t("load.of", { used: memory(load.memoryBytes, i18n.language), all: memory(all, i18n.language) });
    bars.push({ label: t("load.memory"), value: load.memoryBytes / all, said });
  }
  load.gpus.forEach((gpu, index) => {
    if (gpu.percent === undefined) return;
    const share = gpu.percent / 100;
    const warm = gpu.celsius === undefined ? "" : ` · ${t("load.celsius", { degrees: count(Math.round(gpu.celsius), i18n.language) })}`;
    bars.push({ label: t("load.gpu", { number: index + 1 }), value: share, said: percent(share, i18n.language) + warm });
  });
  return (
    <div className="grid gap-3">
      <div className="grid gap-x-6 gap-y-3 sm:grid-cols-3">
        {bars.map((bar) => (
          <div key={bar.label} className="grid gap-1.5 text-sm">
            <p className="flex justify-between gap-2">
              <span className="text-ink-2">{bar.label}</span>
              <span className="figures">{bar.said}</span>
            </p>
            <Progress label={bar.label} value={bar.value} tone={bar.value > 0.95 ? "warn" : "accent"} />
          </div>
        ))}
        {load.diskFreeBytes !== undefined && (
          <div className="grid content-start gap-1.5 text-sm">
            <p className="flex justify-between gap-2">
              <span className="text-ink-2">{t("load.disk")}</span>
              <span className="figures">{bytes(load.diskFreeBytes, i18n.language)}</span>
            </p>
          </div>
        )}
      </div>
      <Button
        size="sm"
        variant="ghost"
        icon={history ? <ChevronUp aria-hidden /> : <ChevronDown aria-hidden />}
        className="-ml-2.5 justify-self-start"
        aria-expanded={history}
        onClick={() => setHistory(!history)}
      >
        {history ? t("load.hide") : t("load.history")}
      </Button>
      {history && <History machine={machine} />}
    </div>
  );
}

function History({ machine }: { machine: Machine }) {
  const { t, i18n } = useTranslation("servers");
  const loads = useQuery(loadsQuery(machine.id));
  const samples = useMemo(
    () => (loads.data?.data ?? []).map((it) => ({ at: Date.parse(it.minute) / 1_000, load: readLoad(it.load) })),
    [loads.data],
  );
  const minutes = useMemo(() => samples.map((it) => it.at), [samples]);
  const series = useMemo((): Series[] => {
    const format = (value: number) => percent(value / 100, i18n.language);
    const cpu: Series = { label: t("load.cpu"), values: samples.map((it) => it.load?.cpuPercent ?? null), format };
    const gpus = machine.hardware.gpus.map((gpu, index) => ({
      label: t("load.gpu", { number: index + 1 }),
      values: samples.map((it) => it.load?.gpus.find((one) => one.uuid === gpu.uuid)?.percent ?? null),
      format,
    }));
    return [cpu, ...gpus];
  }, [samples, machine.hardware.gpus, t, i18n.language]);
  if (loads.isPending) return <SkeletonText lines={4} />;
  if (loads.isError) return <ErrorState error={loads.error} onRetry={() => void loads.refetch()} />;
  if (samples.length === 0) return <p className="text-sm text-ink-2">{t("load.none")}</p>;
  return <Chart label={t("load.history")} x={minutes} xLabel={t("load.time")} time series={series} height={180} />;
}
