// Making an account.

import { zodResolver } from "@hookform/resolvers/zod";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { language } from "@/i18n";
import { Button, Checkbox, Field, Input, Password, Problem, useRefusal } from "@/ui";
import { Entrance } from "./Entrance";
import { keepPending } from "./pending";
import { useAddress, useNewPassword } from "./schemas";

type Typed = { name: string; email: string; password: string; provider: boolean };

export default function SignUp() {
  const { t } = useTranslation(["users", "ui"]);
  const navigate = useNavigate();
  const address = useAddress();
  const password = useNewPassword();
  const schema = useMemo(
    () =>
      z.object({
        name: z.string().check(z.trim(), z.maxLength(100, t("field.nameLong"))),
        email: address,
        password,
        provider: z.boolean(),
      }),
    [address, password, t],
  );
  const form = useForm<Typed>({
    resolver: zodResolver(schema),
    mode: "onTouched",
    defaultValues: { name: "", email: "", password: "", provider: false },
  });
  const command = useCommand(
    ({ name, email, password: chosen, provider }: Typed, key) =>
      ask(
        api.POST("/v1/users", {
          params: { header: key },
          body: {
            email,
            password: chosen,
            language: language(),
            sides: provider ? ["customer", "provider"] : ["customer"],
            ...(name !== "" && { name }),
          },
        }),
      ),
    {
      onDone: (_, typed) => {
        keepPending({ email: typed.email, password: typed.password });
        void navigate("/confirm", { state: { email: typed.email, sent: true } });
      },
    },
  );
  const refusal = useRefusal(command.error, ["name", "email", "password"], {
    "users/password-weak": "password",
  });
  const { errors } = form.formState;

  return (
    <Entrance
      title={t("signUp.title")}
      below={
        <>
          {t("signUp.haveAccount")}{" "}
          <Link className="link" to="/sign-in">
            {t("signUp.signIn")}
          </Link>
        </>
      }
    >
      <form
        onSubmit={form.handleSubmit((typed) => command.mutate(typed))}
        noValidate
        className="grid gap-4"
      >
        <Problem error={refusal.rest} />
        <Field label={t("field.email")} required error={errors.email?.message ?? refusal.at("email")}>
          <Input type="email" inputMode="email" autoComplete="username" {...form.register("email")} />
        </Field>
        <Field
          label={t("field.password")}
          required
          hint={t("field.passwordRule")}
          error={errors.password?.message ?? refusal.at("password")}
        >
          <Password autoComplete="new-password" {...form.register("password")} />
        </Field>
        <Field
          label={t("field.name")}
          aside={t("ui:optional")}
          error={errors.name?.message ?? refusal.at("name")}
        >
          <Input autoComplete="name" {...form.register("name")} />
        </Field>
        <Checkbox
          label={t("signUp.provider")}
          hint={t("signUp.providerHint")}
          {...form.register("provider")}
        />
        <Button type="submit" variant="primary" size="lg" pending={command.isPending}>
          {t("signUp.submit")}
        </Button>
      </form>
    </Entrance>
  );
}
