// The address, the password and the second factor of an account.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { useSignedIn } from "@/session/session";
import { Button, Card, CardBody, Field, Input, Password, Problem, Section, Title, toast } from "@/ui";
import { useAddress, useNewPassword } from "../schemas";
import { useCommandForm } from "../useCommandForm";
import { CurrentPassword, useCurrentPassword } from "./CurrentPassword";
import { SecondFactor } from "./SecondFactor";

export default function Security() {
  const { t } = useTranslation("account");
  return (
    <>
      <Title>{t("tabs.security")}</Title>
      <Section title={t("password.title")} description={t("password.text")}>
        <Card>
          <CardBody>
            <PasswordForm />
          </CardBody>
        </Card>
      </Section>
      <Section title={t("factor.title")} description={t("factor.text")}>
        <SecondFactor />
      </Section>
      <Section title={t("email.title")} description={t("email.text")}>
        <Card>
          <CardBody>
            <EmailForm />
          </CardBody>
        </Card>
      </Section>
    </>
  );
}

type Passwords = { current: string; next: string };

function PasswordForm() {
  const { t } = useTranslation("account");
  const current = useCurrentPassword();
  const next = useNewPassword();
  const schema = useMemo(() => z.object({ current, next }), [current, next]);
  const command = useCommand(
    ({ current, next }: Passwords) =>
      ask(api.PUT("/v1/me/password", { body: { current_password: current, password: next } })),
    {
      touches: [["sessions"]],
      onDone: () => toast(t("password.changed")),
    },
  );
  const { form, submit, problem, wrong } = useCommandForm({
    schema,
    blank: { current: "", next: "" },
    command,
    places: { "users/wrong-password": "current", "users/password-weak": "next" },
  });
  const me = useSignedIn();
  return (
    <form onSubmit={submit} noValidate className="grid max-w-sm gap-4">
      <Problem error={problem} />
      {/* Managers of passwords file the new one under it. */}
      <input type="text" autoComplete="username" defaultValue={me.email ?? ""} hidden readOnly />
      <CurrentPassword error={wrong("current")} {...form.register("current")} />
      <Field label={t("password.next")} hint={t("password.rule")} error={wrong("next")}>
        <Password autoComplete="new-password" {...form.register("next")} />
      </Field>
      <div>
        <Button type="submit" variant="primary" pending={command.isPending}>
          {t("password.change")}
        </Button>
      </div>
    </form>
  );
}

type Address = { email: string; password: string };

function EmailForm() {
  const { t } = useTranslation("account");
  const navigate = useNavigate();
  const address = useAddress();
  const password = useCurrentPassword();
  const schema = useMemo(() => z.object({ email: address, password }), [address, password]);
  const command = useCommand((typed: Address) => ask(api.PUT("/v1/me/email", { body: typed })), {
    onDone: (_, typed) => void navigate("/change-address", { state: typed.email }),
  });
  const { form, submit, problem, wrong } = useCommandForm({
    schema,
    blank: { email: "", password: "" },
    command,
    places: {
      "users/wrong-password": "password",
      "users/same-address": "email",
      "users/address-taken": "email",
    },
  });
  return (
    <form onSubmit={submit} noValidate className="grid max-w-sm gap-4">
      <Problem error={problem} />
      <Field label={t("email.new")} error={wrong("email")}>
        <Input type="email" inputMode="email" autoComplete="off" {...form.register("email")} />
      </Field>
      <CurrentPassword error={wrong("password")} {...form.register("password")} />
      <div>
        <Button type="submit" pending={command.isPending}>
          {t("email.change")}
        </Button>
      </div>
    </form>
  );
}
