// Something went wrong: what, and the way out. Codes and stack traces are for nobody to read.

import { CircleAlert, RotateCw } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { useExplain } from "./useExplain";

type ErrorStateProps = { error: unknown; onRetry?: () => void; action?: ReactNode };

function Reference({ requestId }: { requestId: string | undefined }) {
  const { t } = useTranslation("problems");
  if (requestId === undefined) return null;
  return (
    <p className="mt-3 text-xs text-ink-3">
      {t("reference")} <code className="break-all">{requestId}</code>
    </p>
  );
}

/** In the place of what could not be shown. */
export function ErrorState({ error, onRetry, action }: ErrorStateProps) {
  const { t } = useTranslation("problems");
  const { title, way, requestId } = useExplain()(error);
  return (
    <div role="alert" className="mx-auto flex max-w-md flex-col items-center px-6 py-12 text-center">
      <div
        aria-hidden
        className="mb-4 inline-flex size-11 items-center justify-center rounded-xl bg-bad-soft text-bad [&_svg]:size-5"
      >
        <CircleAlert />
      </div>
      <h2 className="text-base font-semibold">{title}</h2>
      <p className="mt-1 text-sm text-ink-2">{way}</p>
      <Reference requestId={requestId} />
      <div className="mt-5 flex flex-wrap justify-center gap-2">
        {onRetry && (
          <Button onClick={onRetry} icon={<RotateCw aria-hidden />}>
            {t("again")}
          </Button>
        )}
        {action}
      </div>
    </div>
  );
}

/** Above a form that was refused; what was typed stays. */
export function Problem({ error, action }: { error: unknown; action?: ReactNode }) {
  const { title, way, requestId } = useExplain()(error);
  if (error === null || error === undefined) return null;
  return (
    <div role="alert" className="flex gap-2.5 rounded-md border border-bad/25 bg-bad-soft px-3.5 py-3 text-sm">
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="min-w-0">
        <p className="font-medium">{title}</p>
        <p className="text-ink-2">{way}</p>
        {action !== undefined && <div className="mt-2 flex flex-wrap gap-2">{action}</div>}
        <Reference requestId={requestId} />
      </div>
    </div>
  );
}
