// A file is dropped or chosen here, and goes to the server in parts that survive whatever happens.

import { CirclePause, CloudUpload, FileUp, Play, RotateCw, X } from "lucide-react";
import { useDropzone } from "react-dropzone";
import { useTranslation } from "react-i18next";
import { Button, cx, Notice, Problem, Progress, useExplain } from "@/ui";
import { bytes, percent } from "@/ui/figures";
import type { Progress as Going } from "./upload";
import { type Uploading, useUpload } from "./useUpload";

const BYTES_MAX = 8 * 2 ** 30;

export function UploadForm({ onDone }: { onDone: (dataset: string) => void }) {
  const { t, i18n } = useTranslation("train");
  const upload = useUpload(onDone);
  const { getRootProps, getInputProps, isDragActive, open, fileRejections } = useDropzone({
    multiple: false,
    noClick: true,
    noKeyboard: true,
    minSize: 1,
    maxSize: BYTES_MAX,
    onDropAccepted: ([file]) => file && upload.take(file),
  });
  if (upload.progress !== undefined) return <Moving upload={upload} progress={upload.progress} />;
  const refused = fileRejections[0];
  return (
    <div className="grid gap-3">
      {upload.waiting && <Waiting upload={upload} />}
      <div
        {...getRootProps({
          className: cx(
            "grid justify-items-center gap-1 rounded-lg border-2 border-dashed px-6 py-10 text-center transition-colors",
            isDragActive ? "border-accent bg-accent-soft" : "border-line-strong bg-sunken",
          ),
        })}
      >
        <input {...getInputProps({ "aria-label": t("upload.choose") })} />
        <FileUp aria-hidden className="mb-2 size-7 text-ink-3" strokeWidth={1.5} />
        <p className="text-base font-medium">{isDragActive ? t("upload.drop") : t("upload.drag")}</p>
        <p className="max-w-md text-sm text-ink-2">{t("upload.what")}</p>
        <Button variant="primary" className="mt-4" icon={<CloudUpload aria-hidden />} onClick={open}>
          {t("upload.choose")}
        </Button>
        <p className="mt-3 text-xs text-ink-3">{t("upload.limits", { most: bytes(BYTES_MAX, i18n.language) })}</p>
      </div>
      {refused !== undefined && (
        <p role="alert" className="text-sm text-bad">
          {refused.file.size === 0 ? t("upload.empty") : t("upload.large")}
        </p>
      )}
    </div>
  );
}

/** An upload that a reload broke off: the browser gives no page a file twice without being asked. */
function Waiting({ upload }: { upload: Uploading }) {
  const { t, i18n } = useTranslation("train");
  if (upload.waiting === undefined) return null;
  const { name } = upload.waiting;
  return (
    <Notice tone="warn" title={upload.other ? t("upload.other", { name }) : t("upload.waiting", { name })}>
      <p>
        {upload.other
          ? t("upload.otherText")
          : t("upload.waitingText", { bytes: bytes(upload.waiting.bytes, i18n.language) })}
      </p>
      <Button size="sm" className="mt-2" icon={<X aria-hidden />} onClick={upload.drop}>
        {t("upload.forget")}
      </Button>
    </Notice>
  );
}

function Moving({ upload, progress }: { upload: Uploading; progress: Going }) {
  const { t, i18n } = useTranslation("train");
  const explain = useExplain();
  const { phase, sent, bytes: all, error } = progress;
  const share = all === 0 ? 0 : sent / all;
  const known = phase === "sending" || phase === "paused" || phase === "waiting";
  const tone = phase === "failed" ? "bad" : phase === "waiting" ? "warn" : "accent";
  return (
    <div className="grid gap-3 rounded-lg border border-line bg-sunken p-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="min-w-0 text-sm font-medium break-all">{upload.name}</p>
        <p className="figures text-xs text-ink-2">
          {t("upload.of", { sent: bytes(sent, i18n.language), all: bytes(all, i18n.language) })}
          {known && ` · ${percent(share, i18n.language)}`}
        </p>
      </div>
      <Progress label={t("upload.progress")} value={known || phase === "done" ? share : undefined} tone={tone} />
      {phase === "failed" ? (
        <Problem error={error} />
      ) : (
        <p role="status" className="text-sm text-ink-2">
          {t(`upload.phase.${phase}`)}
          {phase === "waiting" && ` ${explain(error).title}.`}
        </p>
      )}
      <div className="flex flex-wrap gap-2">
        {phase === "sending" && (
          <Button size="sm" icon={<CirclePause aria-hidden />} onClick={upload.pause}>
            {t("upload.pause")}
          </Button>
        )}
        {phase === "paused" && (
          <Button size="sm" variant="primary" icon={<Play aria-hidden />} onClick={upload.resume}>
            {t("upload.resume")}
          </Button>
        )}
        {phase === "failed" && (
          <Button size="sm" variant="primary" icon={<RotateCw aria-hidden />} onClick={upload.resume}>
            {t("upload.again")}
          </Button>
        )}
        {phase !== "checking" && phase !== "done" && (
          <Button size="sm" variant="ghost" icon={<X aria-hidden />} onClick={upload.drop}>
            {t("upload.cancel")}
          </Button>
        )}
      </div>
    </div>
  );
}
