// How busy a machine is, as far as it says.

export type GpuLoad = {
  uuid: string;
  percent: number | undefined;
  memoryBytes: number | undefined;
  celsius: number | undefined;
};

export type Load = {
  cpuPercent: number | undefined;
  memoryBytes: number | undefined;
  diskFreeBytes: number | undefined;
  gpus: readonly GpuLoad[];
};

const figure = (value: unknown): number | undefined =>
  typeof value === "number" && Number.isFinite(value) ? value : undefined;

export function readLoad(said: unknown): Load | undefined {
  if (typeof said !== "object" || said === null) return undefined;
  const { cpu_percent, memory_used_bytes, disk_free_bytes, gpus } = said as Record<string, unknown>;
  return {
    cpuPercent: figure(cpu_percent),
    memoryBytes: figure(memory_used_bytes),
    diskFreeBytes: figure(disk_free_bytes),
    gpus: Array.isArray(gpus)
      ? gpus.map((gpu: Record<string, unknown>) => ({
          uuid: String(gpu.uuid ?? ""),
          percent: figure(gpu.utilisation_percent),
          memoryBytes: figure(gpu.memory_used_bytes),
          celsius: figure(gpu.temperature_celsius),
        }))
      : [],
  };
}
