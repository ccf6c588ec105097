// Password and code: what grave changes ask for.

import { zodResolver } from "@hookform/resolvers/zod";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { Button, Field, Input, Password, Problem, useRefusal } from "@/ui";

type Both = { password: string; code: string };

type BothFormProps = {
  label: string;
  danger?: boolean;
  command: { mutate: (both: Both) => void; error: unknown; isPending: boolean };
};

export function BothForm({ label, danger = false, command }: BothFormProps) {
  const { t } = useTranslation("account");
  const schema = useMemo(
    () =>
      z.object({
        password: z.string().check(z.minLength(1, t("password.currentMissing"))),
        code: z
          .string()
          .check(z.trim(), z.minLength(6, t("factor.codeMissing")), z.maxLength(32, t("factor.codeMissing"))),
      }),
    [t],
  );
  const form = useForm<Both>({
    resolver: zodResolver(schema),
    defaultValues: { password: "", code: "" },
  });
  const refusal = useRefusal(command.error, ["password", "code"], {
    "users/wrong-password": "password",
    "users/second-factor-wrong": "code",
  });
  const { errors } = form.formState;
  return (
    <form
      onSubmit={form.handleSubmit((both) => command.mutate(both))}
      noValidate
      className="grid gap-4"
    >
      <Problem error={refusal.rest} />
      <Field
        label={t("password.current")}
        error={errors.password?.message ?? refusal.at("password")}
      >
        <Password autoComplete="current-password" {...form.register("password")} />
      </Field>
      <Field
        label={t("factor.code")}
        hint={t("factor.codeOrPaper")}
        error={errors.code?.message ?? refusal.at("code")}
      >
        <Input autoComplete="one-time-code" maxLength={32} {...form.register("code")} />
      </Field>
      <Button type="submit" variant={danger ? "danger" : "primary"} pending={command.isPending}>
        {label}
      </Button>
    </form>
  );
}
