// Loss and accuracy over the steps, as the trainer says them.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Card, CardBody, CardHeader, Chart, type Series } from "@/ui";
import { type Curve, curvesOf, isLoss, isQuality, type Point } from "./points";
import { useMeasureWords } from "./useMeasureWords";

export function Curves({ points, over }: { points: readonly Point[]; over: boolean }) {
  const { t } = useTranslation("jobs");
  const steps = useMemo(() => points.map((point) => point.step), [points]);
  const losses = useMemo(() => curvesOf(points, isLoss), [points]);
  const qualities = useMemo(() => curvesOf(points, isQuality), [points]);
  return (
    <Card>
      <CardHeader title={t("curves.title")} />
      <CardBody className="grid gap-6">
        {points.length === 0 ? (
          <p className="text-sm text-ink-2">{over ? t("curves.gone") : t("curves.none")}</p>
        ) : (
          <>
            {losses.length > 0 && <Drawn label={t("curves.loss")} steps={steps} curves={losses} />}
            {qualities.length > 0 && <Drawn label={t("curves.quality")} steps={steps} curves={qualities} />}
          </>
        )}
      </CardBody>
    </Card>
  );
}

function Drawn({ label, steps, curves }: { label: string; steps: number[]; curves: Curve[] }) {
  const { t } = useTranslation("jobs");
  const words = useMeasureWords();
  const series: Series[] = curves.map((curve) => ({
    label: words.name(curve.name),
    values: curve.values,
    format: (value) => words.value(curve.name, value),
  }));
  return (
    <figure className="grid min-w-0 gap-2">
      <figcaption className="text-sm font-medium">{label}</figcaption>
      <Chart label={label} x={steps} xLabel={t("curves.step")} series={series} />
    </figure>
  );
}
