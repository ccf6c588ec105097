// The address, the password and the second factor of an account.

import { zodResolver } from "@hookform/resolvers/zod";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { useSignedIn } from "@/session/session";
import {
  Button,
  Card,
  CardBody,
  Field,
  Input,
  Password,
  Problem,
  Section,
  Title,
  toast,
  useRefusal,
} from "@/ui";
import { useAddress, useNewPassword } from "../schemas";
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
  const password = useNewPassword();
  const schema = useMemo(
    () => z.object({ current: z.string().check(z.minLength(1, t("password.currentMissing"))), next: password }),
    [password, t],
  );
  const form = useForm<Passwords>({
    resolver: zodResolver(schema),
    defaultValues: { current: "", next: "" },
  });
  const command = useCommand(
    ({ current, next }: Passwords) =>
      ask(api.PUT("/v1/me/password", { body: { current_password: current, password: next } })),
    {
      touches: [["sessions"]],
      onDone: () => {
        form.reset();
        toast(t("password.changed"));
      },
    },
  );
  const refusal = useRefusal(command.error, ["current", "next"], {
    "users/wrong-password": "current",
    "users/password-weak": "next",
  });
  const { errors } = form.formState;
  const me = useSignedIn();
  return (
    <form
      onSubmit={form.handleSubmit((typed) => command.mutate(typed))}
      noValidate
      className="grid max-w-sm gap-4"
    >
      <Problem error={refusal.rest} />
      {/* Managers of passwords file the new one under it. */}
      <input type="text" autoComplete="username" defaultValue={me.email ?? ""} hidden readOnly />
      <Field
        label={t("password.current")}
        error={errors.current?.message ?? refusal.at("current")}
      >
        <Password autoComplete="current-password" {...form.register("current")} />
      </Field>
      <Field
        label={t("password.next")}
        hint={t("password.rule")}
        error={errors.next?.message ?? refusal.at("next")}
      >
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
  const schema = useMemo(
    () => z.object({ email: address, password: z.string().check(z.minLength(1, t("password.currentMissing"))) }),
    [address, t],
  );
  const form = useForm<Address>({
    resolver: zodResolver(schema),
    defaultValues: { email: "", password: "" },
  });
  const command = useCommand((typed: Address) => ask(api.PUT("/v1/me/email", { body: typed })), {
    onDone: (_, typed) => void navigate("/change-address", { state: typed.email }),
  });
  const refusal = useRefusal(command.error, ["email", "password"], {
    "users/wrong-password": "password",
    "users/same-address": "email",
    "users/address-taken": "email",
  });
  const { errors } = form.formState;
  return (
    <form
      onSubmit={form.handleSubmit((typed) => command.mutate(typed))}
      noValidate
      className="grid max-w-sm gap-4"
    >
      <Problem error={refusal.rest} />
      <Field label={t("email.new")} error={errors.email?.message ?? refusal.at("email")}>
        <Input type="email" inputMode="email" autoComplete="off" {...form.register("email")} />
      </Field>
      <Field
        label={t("password.current")}
        error={errors.password?.message ?? refusal.at("password")}
      >
        <Password autoComplete="current-password" {...form.register("password")} />
      </Field>
      <div>
        <Button type="submit" pending={command.isPending}>
          {t("email.change")}
        </Button>
      </div>
    </form>
  );
}
