// For whoever brings no machines yet: what it means, and how to begin.

import { HandCoins, Server, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { Button, Card, CardBody, Checkbox, Problem, toast } from "@/ui";

export function BecomeProvider() {
  const { t } = useTranslation("servers");
  const [accepted, setAccepted] = useState(false);
  const [wrong, setWrong] = useState(false);
  const become = useCommand(
    (_: "provider", header) => ask(api.POST("/v1/me/provider", { params: { header }, body: { accept: true } })),
    { touches: [["me"], ["machines"]], onDone: () => toast(t("provider.done")) },
  );
  const points = [
    { icon: Server, text: t("provider.machine") },
    { icon: HandCoins, text: t("provider.money") },
    { icon: ShieldCheck, text: t("provider.safe") },
  ];
  return (
    <Card>
      <CardBody className="grid gap-5 py-6">
        <div>
          <h2 className="text-lg font-semibold">{t("provider.title")}</h2>
          <p className="mt-1 max-w-prose text-sm text-ink-2">{t("provider.text")}</p>
        </div>
        <ul className="grid gap-3 text-sm sm:grid-cols-3">
          {points.map((point) => (
            <li key={point.text} className="flex items-start gap-2.5 rounded-md bg-sunken p-3.5">
              <point.icon aria-hidden className="mt-0.5 size-4 shrink-0 text-accent-ink" />
              {point.text}
            </li>
          ))}
        </ul>
        <form
          className="grid justify-items-start gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            setWrong(!accepted);
            if (accepted) become.mutate("provider");
          }}
        >
          <Problem error={become.error} />
          <Checkbox
            label={t("provider.accept")}
            hint={t("provider.terms")}
            checked={accepted}
            error={wrong && !accepted ? t("provider.acceptFirst") : undefined}
            onChange={(event) => setAccepted(event.target.checked)}
          />
          <Button type="submit" variant="primary" pending={become.isPending}>
            {t("provider.do")}
          </Button>
        </form>
      </CardBody>
    </Card>
  );
}
