// The codes for paper, shown this once.

import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, Checkbox, CopyButton, Dialog, PRODUCT } from "@/ui";
import { download } from "./download";

export function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const { t } = useTranslation("account");
  const [kept, setKept] = useState(false);
  const text = codes.join("\n");
  return (
    <Dialog
      open
      insistent
      onOpenChange={onClose}
      title={t("codes.title")}
      description={t("codes.text")}
      actions={
        <Button variant="primary" disabled={!kept} onClick={onClose}>
          {t("codes.done")}
        </Button>
      }
    >
      <div className="grid gap-4">
        <ul className="grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-md border border-line bg-sunken px-4 py-3 font-mono text-sm">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <div className="flex flex-wrap gap-2">
          <CopyButton text={text} label={t("codes.copy")} />
          <Button
            size="sm"
            icon={<Download aria-hidden />}
            onClick={() =>
              download("trainnet-recovery-codes.txt", "text/plain", `${PRODUCT}\n\n${text}\n`)
            }
          >
            {t("codes.download")}
          </Button>
        </div>
        <Checkbox
          label={t("codes.kept")}
          checked={kept}
          onChange={(event) => setKept(event.target.checked)}
        />
      </div>
    </Dialog>
  );
}
