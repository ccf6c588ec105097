// How often each answer occurs, so that a lopsided dataset is seen before it is paid for.

import { useTranslation } from "react-i18next";
import type { Shape } from "@/api/schema";
import { count, percent } from "@/ui/figures";

const SHOWN_MAX = 12;

export function ClassCounts({ shape }: { shape: Shape }) {
  const { t, i18n } = useTranslation("train");
  const most = Math.max(1, ...shape.classes.map((it) => it.count));
  const shown = shape.classes.slice(0, SHOWN_MAX);
  const more = shape.classes_total - shown.length;
  return (
    <div className="grid gap-2.5 text-sm">
      <ul className="grid gap-2">
        {shown.map((it) => (
          <li key={it.label} className="grid grid-cols-[minmax(0,10rem)_1fr_auto] items-center gap-3">
            <span className="truncate" title={it.label}>
              {it.label}
            </span>
            <span aria-hidden className="h-2 rounded-full bg-line">
              <span
                className="block h-full rounded-full bg-accent"
                style={{ width: `${Math.max(1, (it.count / most) * 100)}%` }}
              />
            </span>
            <span className="figures text-right text-ink-2">
              {count(it.count, i18n.language)}
              {shape.rows > 0 && ` · ${percent(it.count / shape.rows, i18n.language)}`}
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="text-xs text-ink-3">{t("inspection.moreClasses", { count: more })}</p>}
    </div>
  );
}
