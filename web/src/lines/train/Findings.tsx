// What is wrong with a dataset or worth knowing: where, what, and what to do about it.

import { CircleX, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Finding, Report } from "@/api/schema";
import { Button, cx } from "@/ui";
import { type Group, grouped, told } from "./findings";

const FIRST = 3;

export function Findings({ report }: { report: Report }) {
  const { t } = useTranslation("train");
  const groups = grouped(report.findings);
  if (groups.length === 0) return null;
  const untold = report.findings_total - report.findings.length;
  const refused = report.verdict === "refused";
  return (
    <section className="grid gap-3" aria-label={refused ? t("findings.refused") : t("findings.worth")}>
      <h3 className={cx("text-sm font-semibold", refused && "text-bad")}>
        {refused ? t("findings.refused") : t("findings.worth")}
      </h3>
      {groups.map((group) => (
        <Kind key={group.code} group={group} />
      ))}
      {untold > 0 && <p className="text-xs text-ink-3">{t("findings.untold", { count: untold })}</p>}
    </section>
  );
}

function Kind({ group }: { group: Group }) {
  const { t } = useTranslation("train");
  const [all, setAll] = useState(false);
  const shown = all ? group.findings : group.findings.slice(0, FIRST);
  const more = group.findings.length - shown.length;
  const Icon = group.refuses ? CircleX : TriangleAlert;
  const first = group.findings[0];
  const known = first && told(first);
  return (
    <div
      className={cx(
        "flex gap-2.5 rounded-md border px-3.5 py-3 text-sm",
        group.refuses ? "border-bad/25 bg-bad-soft" : "border-warn/25 bg-warn-soft",
      )}
    >
      <Icon aria-hidden className={cx("mt-0.5 size-4 shrink-0", group.refuses ? "text-bad" : "text-warn")} />
      <div className="grid min-w-0 flex-1 gap-1.5">
        <ul className="grid gap-0.5">
          {shown.map((finding, index) => (
            <Line key={index} finding={finding} />
          ))}
        </ul>
        {more > 0 && (
          <Button size="sm" variant="ghost" className="-ml-2.5 justify-self-start" onClick={() => setAll(true)}>
            {t("findings.more", { count: more })}
          </Button>
        )}
        <p className="text-ink-2">
          {known === undefined ? first?.remedy : t(`finding.${known.code}.remedy`)}
        </p>
      </div>
    </div>
  );
}

function Line({ finding }: { finding: Finding }) {
  const { t } = useTranslation("train");
  const known = told(finding);
  return (
    <li className="break-words">
      {finding.line != null && <strong className="font-semibold">{t("findings.line", { line: finding.line })} </strong>}
      {finding.file != null && <strong className="font-semibold break-all">{t("findings.file", { file: finding.file })} </strong>}
      {known === undefined ? finding.message : t(`finding.${known.code}.what`, { replace: known.values })}
    </li>
  );
}
