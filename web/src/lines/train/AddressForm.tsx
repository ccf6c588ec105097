// A dataset that the server fetches itself, from an address that everybody can reach.

import { Link2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { Button, Field, Input, Problem } from "@/ui";

const EXAMPLE = "https://example.org/iris.csv";

function isAddress(text: string): boolean {
  try {
    return new URL(text).protocol === "https:";
  } catch {
    return false;
  }
}

export function AddressForm({ onDone }: { onDone: (dataset: string) => void }) {
  const { t } = useTranslation("train");
  const [url, setUrl] = useState("");
  const [wrong, setWrong] = useState(false);
  const fetched = useCommand(
    (from: string, header) => ask(api.POST("/v1/datasets/import", { params: { header }, body: { url: from } })),
    { touches: [["datasets", "all"]], onDone: (found) => onDone(found.dataset) },
  );
  return (
    <form
      noValidate
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const typed = url.trim();
        setWrong(!isAddress(typed));
        if (isAddress(typed)) fetched.mutate(typed);
      }}
    >
      <Problem error={fetched.error} />
      <Field label={t("address.label")} hint={t("address.hint")} error={wrong ? t("address.wrong") : undefined}>
        <Input
          type="url"
          inputMode="url"
          autoComplete="off"
          placeholder={EXAMPLE}
          value={url}
          onChange={(event) => {
            setUrl(event.target.value);
            setWrong(false);
          }}
        />
      </Field>
      <Button type="submit" variant="primary" pending={fetched.isPending} icon={<Link2 aria-hidden />} className="justify-self-start">
        {t("address.fetch")}
      </Button>
    </form>
  );
}
