// A forgotten password: a mail to the address, then a new password by its link or its six digits.

import { zodResolver } from "@hookform/resolvers/zod";
import { useMemo, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { NewPassword } from "@/api/schema";
import { Button, CodeInput, Field, Input, Password, Problem, useRefusal } from "@/ui";
import { Entrance } from "./Entrance";
import { MailAgain } from "./MailAgain";
import { useAddress, useNewPassword, useSixDigits } from "./schemas";
import { useLinkInHash } from "./useLinkInHash";

type Key = { "Idempotency-Key": string };

const sendMail = (email: string, key: Key) =>
  ask(api.POST("/v1/recovery", { params: { header: key }, body: { email } }));

export default function Recover() {
  const { t } = useTranslation("users");
  const link = useLinkInHash();
  const [dropped, setDropped] = useState<string>();
  const [email, setEmail] = useState<string>();
  const back = (
    <Link className="link" to="/sign-in">
      {t("recover.back")}
    </Link>
  );
  if (link !== undefined && link !== dropped) {
    return (
      <Entrance title={t("recover.choose")} description={t("recover.allEnd")} below={back}>
        <NewPasswordForm key={link} link={link} onStartOver={() => setDropped(link)} />
      </Entrance>
    );
  }
  if (email !== undefined) {
    return (
      <Entrance
        title={t("recover.choose")}
        description={t("recover.sentTo", { email })}
        below={back}
      >
        <NewPasswordForm email={email} onStartOver={() => setEmail(undefined)} />
      </Entrance>
    );
  }
  return (
    <Entrance title={t("recover.title")} description={t("recover.description")} below={back}>
      <AddressForm onSent={setEmail} />
    </Entrance>
  );
}

function AddressForm({ onSent }: { onSent: (email: string) => void }) {
  const { t } = useTranslation("users");
  const address = useAddress();
  const schema = useMemo(() => z.object({ email: address }), [address]);
  const form = useForm<{ email: string }>({
    resolver: zodResolver(schema),
    defaultValues: { email: "" },
  });
  const command = useCommand(sendMail, { onDone: (_, email) => onSent(email) });
  const refusal = useRefusal(command.error, ["email"]);
  return (
    <form
      onSubmit={form.handleSubmit(({ email }) => command.mutate(email))}
      noValidate
      className="grid gap-4"
    >
      <Problem error={refusal.rest} />
      <Field
        label={t("field.email")}
        error={form.formState.errors.email?.message ?? refusal.at("email")}
      >
        <Input type="email" inputMode="email" autoComplete="username" {...form.register("email")} />
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={command.isPending}>
        {t("recover.send")}
      </Button>
    </form>
  );
}

type Typed = { code: string; password: string };
type Known = { link: string; email?: never } | { email: string; link?: never };

function NewPasswordForm({ link, email, onStartOver }: Known & { onStartOver: () => void }) {
  const { t } = useTranslation("users");
  const navigate = useNavigate();
  const digits = useSixDigits();
  const password = useNewPassword();
  const byCode = email !== undefined;
  const schema = useMemo(
    () => z.object({ code: byCode ? digits : z.string(), password }),
    [byCode, digits, password],
  );
  const form = useForm<Typed>({
    resolver: zodResolver(schema),
    defaultValues: { code: "", password: "" },
  });
  const command = useCommand(
    (typed: Typed, key) => {
      const proof = byCode ? { email, code: typed.code } : { link };
      const body = { ...proof, password: typed.password } as NewPassword;
      return ask(api.POST("/v1/recovery/complete", { params: { header: key }, body }));
    },
    { onDone: () => void navigate("/sign-in", { replace: true, state: "password-changed" }) },
  );
  const refusal = useRefusal(command.error, ["code", "password"], {
    "users/wrong-code": "code",
    "users/password-weak": "password",
  });
  const { errors } = form.formState;
  return (
    <form
      onSubmit={form.handleSubmit((typed) => command.mutate(typed))}
      noValidate
      className="grid gap-4"
    >
      <Problem error={refusal.rest} />
      {byCode && (
        <Field label={t("confirm.code")} error={errors.code?.message ?? refusal.at("code")}>
          <CodeInput maxLength={7} autoFocus {...form.register("code")} />
        </Field>
      )}
      <Field
        label={t("field.newPassword")}
        hint={t("field.passwordRule")}
        error={errors.password?.message ?? refusal.at("password")}
      >
        <Password autoComplete="new-password" {...form.register("password")} />
      </Field>
      <Button type="submit" variant="primary" size="lg" pending={command.isPending}>
        {t("recover.set")}
      </Button>
      {email !== undefined && <MailAgain email={email} send={sendMail} />}
      <Button variant="ghost" size="sm" onClick={onStartOver}>
        {t("recover.startOver")}
      </Button>
    </form>
  );
}
