// Address and password, and the code of the second factor where there is one.

import { zodResolver } from "@hookform/resolvers/zod";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import * as z from "zod/mini";
import { useCommand } from "@/api/hooks";
import { isProblemError } from "@/api/problem";
import { signIn } from "@/session/session";
import { Button, Checkbox, CodeInput, Field, Input, Password, Problem, useRefusal } from "@/ui";
import { useAddress } from "./schemas";

type SignInFormProps = {
  /** Where it is known who has to sign in. */
  email?: string;
  onDone?: () => void;
};

type Typed = { email: string; password: string; remember: boolean; code: string };

export function SignInForm({ email, onDone }: SignInFormProps) {
  const { t } = useTranslation("users");
  const queries = useQueryClient();
  const address = useAddress();
  const [factor, setFactor] = useState<"none" | "digits" | "paper">("none");
  const schema = useMemo(
    () =>
      z.object({
        email: address,
        password: z.string().check(z.minLength(1, t("field.passwordMissing"))),
        remember: z.boolean(),
        code: z.string().check(z.trim()),
      }),
    [address, t],
  );
  const form = useForm<Typed>({
    resolver: zodResolver(schema),
    defaultValues: { email: email ?? "", password: "", remember: true, code: "" },
  });
  const command = useCommand(
    ({ code, ...rest }: Typed, key) =>
      signIn(queries, { ...rest, ...(code !== "" && { code }) }, key["Idempotency-Key"]),
    { onDone: () => onDone?.() },
  );
  const asksForCode = isProblemError(command.error) && command.error.code === "users/second-factor-required";
  const unconfirmed = isProblemError(command.error) && command.error.code === "users/unconfirmed";
  const refusal = useRefusal(asksForCode ? null : command.error, ["email", "code"]);
  const { errors } = form.formState;

  const submit = form.handleSubmit((typed) =>
    command.mutate(typed, {
      onError: (error) => {
        if (!isProblemError(error)) return;
        if (error.code === "users/second-factor-required" && factor === "none") setFactor("digits");
        if (error.code === "users/wrong-credentials") form.setFocus("password", { shouldSelect: true });
        if (error.code === "users/second-factor-wrong") form.setFocus("code", { shouldSelect: true });
      },
    }),
  );

  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <Problem
        error={refusal.rest}
        action={
          unconfirmed && (
            <Link className="link text-sm" to="/confirm" state={{ email: form.getValues("email") }}>
              {t("signIn.confirmNow")}
            </Link>
          )
        }
      />
      <div className={factor === "none" ? "grid gap-4" : "hidden"}>
        <Field label={t("field.email")} error={errors.email?.message ?? refusal.at("email")}>
          <Input
            type="email"
            autoComplete="username"
            inputMode="email"
            readOnly={email !== undefined}
            {...form.register("email")}
          />
        </Field>
        <Field
          label={t("field.password")}
          error={errors.password?.message}
          aside={
            email === undefined && (
              <Link className="link" to="/recover">
                {t("signIn.forgotten")}
              </Link>
            )
          }
        >
          <Password
            autoComplete="current-password"
            autoFocus={email !== undefined}
            {...form.register("password")}
          />
        </Field>
        <Checkbox label={t("signIn.remember")} hint={t("signIn.rememberHint")} {...form.register("remember")} />
      </div>
      {factor !== "none" && (
        <Field
          key={factor}
          label={factor === "digits" ? t("signIn.code") : t("signIn.recoveryCode")}
          hint={factor === "digits" ? t("signIn.codeHint") : t("signIn.recoveryCodeHint")}
          error={refusal.at("code")}
        >
          {factor === "digits" ? (
            <CodeInput autoFocus maxLength={7} {...form.register("code")} />
          ) : (
            <Input autoFocus autoComplete="off" maxLength={32} className="font-mono" {...form.register("code")} />
          )}
        </Field>
      )}
      <Button type="submit" variant="primary" size="lg" pending={command.isPending}>
        {factor === "none" ? t("signIn.submit") : t("signIn.submitCode")}
      </Button>
      {factor !== "none" && (
        <Button
          variant="ghost"
          size="sm"
          onClick={() => {
            form.setValue("code", "");
            setFactor(factor === "digits" ? "paper" : "digits");
          }}
        >
          {factor === "digits" ? t("signIn.useRecoveryCode") : t("signIn.useAuthenticator")}
        </Button>
      )}
    </form>
  );
}
