// What came of a job: how good the model is, where to get it, and how to ask it.

import { useTranslation } from "react-i18next";
import type { ShownJob } from "@/api/schema";
import { ranked } from "@/lines/models/headline";
import { Card, CardBody, CardHeader, CopyButton, Scroll } from "@/ui";
import { Download } from "./Download";
import { snippetOf } from "./snippet";
import { useMeasureWords } from "./useMeasureWords";

export function Result({ job }: { job: ShownJob }) {
  const { t } = useTranslation("jobs");
  const words = useMeasureWords();
  const measured = ranked(job.metrics as Record<string, string>);
  const snippet = snippetOf(job.model_type);
  return (
    <Card>
      <CardHeader title={t("result.title")} aside={<Download job={job.id} primary />}>
        {t("result.text")}
      </CardHeader>
      <CardBody className="grid grid-cols-1 gap-5">
        <dl className="grid grid-cols-2 gap-3 sm:grid-cols-3">
          {measured.map(([name, value]) => (
            <div key={name} className="rounded-md bg-sunken px-3 py-2.5">
              <dt className="text-xs text-ink-3">{words.name(name)}</dt>
              <dd className="figures mt-0.5 text-lg font-semibold">{words.value(name, Number(value))}</dd>
            </div>
          ))}
        </dl>
        <div className="grid grid-cols-1 gap-2">
          <div className="flex items-center justify-between gap-2">
            <h3 className="text-sm font-semibold">{t("result.use")}</h3>
            <CopyButton text={snippet} />
          </div>
          <Scroll label={t("result.use")} className="rounded-md border border-line bg-sunken px-3 py-2.5">
            <pre className="text-xs leading-5">
              <code>{snippet}</code>
            </pre>
          </Scroll>
          <p className="text-xs text-ink-3">{t("result.honest")}</p>
        </div>
      </CardBody>
    </Card>
  );
}
