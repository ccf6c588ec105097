// Confirming the new address of an account that somebody is signed in to.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { Answer } from "@/api/schema";
import { meQuery } from "@/session/session";
import { Button, Card, CardBody, CodeInput, Field, Input, Page, PageHeader, Problem, toast } from "@/ui";
import { useAddress, useSixDigits } from "./schemas";
import { type FormCommand, useCommandForm } from "./useCommandForm";
import { useLinkInHash } from "./useLinkInHash";

type Typed = { email: string; code: string };

export default function ChangeAddress() {
  const { t } = useTranslation("account");
  const link = useLinkInHash();
  const navigate = useNavigate();
  const command = useCommand(
    (answer: Answer, key) =>
      ask(api.POST("/v1/me/email/confirm", { params: { header: key }, body: answer })),
    {
      touches: [meQuery.queryKey],
      onDone: async () => {
        toast(t("email.changed"));
        await navigate("/account/security", { replace: true });
      },
    },
  );
  return (
    <Page width="narrow">
      <PageHeader
        title={t("email.confirmTitle")}
        description={link === undefined ? t("email.confirmText") : t("email.confirmByLink")}
        back={{ to: "/account/security", label: t("tabs.security") }}
      />
      <Card>
        <CardBody>
          {link === undefined ? (
            <ByCode command={command} />
          ) : (
            <div className="grid max-w-sm gap-4">
              <Problem error={command.error} />
              <Button
                variant="primary"
                pending={command.isPending}
                onClick={() => command.mutate({ link })}
              >
                {t("email.confirm")}
              </Button>
            </div>
          )}
        </CardBody>
      </Card>
    </Page>
  );
}

function ByCode({ command }: { command: FormCommand<Typed> }) {
  const { t } = useTranslation("account");
  const state: unknown = useLocation().state;
  const address = useAddress();
  const digits = useSixDigits();
  const schema = useMemo(() => z.object({ email: address, code: digits }), [address, digits]);
  const { form, submit, problem, wrong } = useCommandForm({
    schema,
    blank: { email: typeof state === "string" ? state : "", code: "" },
    command,
    places: { "users/wrong-code": "code" },
  });
  return (
    <form onSubmit={submit} noValidate className="grid max-w-sm gap-4">
      <Problem error={problem} />
      <Field label={t("email.new")} error={wrong("email")}>
        <Input type="email" inputMode="email" autoComplete="email" {...form.register("email")} />
      </Field>
      <Field label={t("email.code")} error={wrong("code")}>
        <CodeInput maxLength={7} {...form.register("code")} />
      </Field>
      <Button type="submit" variant="primary" pending={command.isPending}>
        {t("email.confirm")}
      </Button>
    </form>
  );
}
