// Where the short words appear.

import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { IconButton } from "./Button";
import { dismiss, onToasts, shownToasts, type Toast } from "./toast";

const ICONS = { good: CircleCheck, bad: CircleAlert, plain: Info };
const TONES = { good: "text-good", bad: "text-bad", plain: "text-ink-3" };

function One({ toast }: { toast: Toast }) {
  const { t } = useTranslation();
  const Icon = ICONS[toast.tone];
  return (
    <li className="animate-rise pointer-events-auto flex items-start gap-2.5 rounded-lg border border-line bg-raised py-2.5 pr-1.5 pl-3.5 text-sm shadow-2">
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${TONES[toast.tone]}`} />
      <span className="min-w-0 flex-1 py-px">{toast.text}</span>
      <IconButton label={t("close")} size="sm" className="-my-1" onClick={() => dismiss(toast.id)}>
        <X aria-hidden />
      </IconButton>
    </li>
  );
}

export function Toasts() {
  const { t } = useTranslation();
  const toasts = useSyncExternalStore(onToasts, shownToasts);
  // Beside the app, not in it: what lies on the app would lie on them too.
  return createPortal(
    <section aria-live="polite" aria-label={t("notices")} className="pointer-events-none fixed inset-x-4 bottom-20 z-60 lg:bottom-6">
      <ol className="mx-auto grid max-w-sm gap-2 lg:mr-2">
        {toasts.map((toast) => (
          <One key={toast.id} toast={toast} />
        ))}
      </ol>
    </section>,
    document.body,
  );
}
