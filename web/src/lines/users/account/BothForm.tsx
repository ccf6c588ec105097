// Password and code: what grave changes ask for.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { Button, Field, Input, Problem } from "@/ui";
import { type FormCommand, useCommandForm } from "../useCommandForm";
import { CurrentPassword, useCurrentPassword } from "./CurrentPassword";

type Both = { password: string; code: string };

type BothFormProps = { label: string; danger?: boolean; command: FormCommand<Both> };

export function BothForm({ label, danger = false, command }: BothFormProps) {
  const { t } = useTranslation("account");
  const password = useCurrentPassword();
  const schema = useMemo(
    () =>
      z.object({
        password,
        code: z
          .string()
          .check(z.trim(), z.minLength(6, t("factor.codeMissing")), z.maxLength(32, t("factor.codeMissing"))),
      }),
    [password, t],
  );
  const { form, submit, problem, wrong } = useCommandForm({
    schema,
    blank: { password: "", code: "" },
    command,
    places: { "users/wrong-password": "password", "users/second-factor-wrong": "code" },
  });
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <Problem error={problem} />
      <CurrentPassword error={wrong("password")} {...form.register("password")} />
      <Field label={t("factor.code")} hint={t("factor.codeOrPaper")} error={wrong("code")}>
        <Input autoComplete="one-time-code" maxLength={32} {...form.register("code")} />
      </Field>
      <Button type="submit" variant={danger ? "danger" : "primary"} pending={command.isPending}>
        {label}
      </Button>
    </form>
  );
}
