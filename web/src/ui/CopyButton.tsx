// Puts a text where it can be pasted from, and says so.

import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "./Button";
import { toast } from "./toast";

const SAID_MS = 2_000;

/** The clipboard is there only under TLS and on one's own machine; elsewhere the old way still works. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const press = async () => {
    const done = await copy(text);
    setCopied(done);
    if (!done) toast(t("copyFailed"), "bad");
  };
  const icon = copied ? <Check aria-hidden className="text-good" /> : <Copy aria-hidden />;
  return (
    <>
      {label === undefined ? (
        <IconButton size="sm" label={t("copy")} onClick={press}>
          {icon}
        </IconButton>
      ) : (
        <Button size="sm" icon={icon} onClick={press}>
          {label}
        </Button>
      )}
      <span role="status" className="sr-only">
        {copied ? t("copied") : ""}
      </span>
    </>
  );
}

/** A command or a secret in a line of its own, to be copied. */
export function CopyLine({ text }: { text: string }) {
  return (
    <div className="flex items-center gap-1 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 text-xs leading-6 break-all">{text}</code>
      <CopyButton text={text} />
    </div>
  );
}
