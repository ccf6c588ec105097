// Setting up the second factor, step by step.

import { zodResolver } from "@hookform/resolvers/zod";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { Begun } from "@/api/schema";
import { meQuery } from "@/session/session";
import { Button, CodeInput, CopyLine, Dialog, Field, Password, Problem, useRefusal } from "@/ui";
import { useSixDigits } from "../schemas";
import { Qr } from "./Qr";
import { RecoveryCodes } from "./RecoveryCodes";

export function SetUpFactor({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("account");
  const begin = useCommand((password: string, key) =>
    ask(api.POST("/v1/me/second-factor", { params: { header: key }, body: { password } })),
  );
  const enable = useCommand(
    (code: string, key) =>
      ask(api.POST("/v1/me/second-factor/enable", { params: { header: key }, body: { code } })),
    { touches: [meQuery.queryKey] },
  );
  if (enable.data !== undefined) {
    return <RecoveryCodes codes={enable.data.recovery_codes} onClose={onClose} />;
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("factor.setUp")}
      description={begin.data === undefined ? t("factor.step1") : t("factor.step2")}
    >
      {begin.data === undefined ? (
        <PasswordStep command={begin} />
      ) : (
        <CodeStep begun={begin.data} command={enable} />
      )}
    </Dialog>
  );
}

type Step = { mutate: (typed: string) => void; error: unknown; isPending: boolean };

function PasswordStep({ command }: { command: Step }) {
  const { t } = useTranslation("account");
  const schema = useMemo(
    () => z.object({ password: z.string().check(z.minLength(1, t("password.currentMissing"))) }),
    [t],
  );
  const form = useForm<{ password: string }>({
    resolver: zodResolver(schema),
    defaultValues: { password: "" },
  });
  const refusal = useRefusal(command.error, ["password"], { "users/wrong-password": "password" });
  return (
    <form
      onSubmit={form.handleSubmit(({ password }) => command.mutate(password))}
      noValidate
      className="grid gap-4"
    >
      <Problem error={refusal.rest} />
      <Field
        label={t("password.current")}
        error={form.formState.errors.password?.message ?? refusal.at("password")}
      >
        <Password autoComplete="current-password" {...form.register("password")} />
      </Field>
      <Button type="submit" variant="primary" pending={command.isPending}>
        {t("factor.goOn")}
      </Button>
    </form>
  );
}

function CodeStep({ begun, command }: { begun: Begun; command: Step }) {
  const { t } = useTranslation("account");
  const digits = useSixDigits();
  const schema = useMemo(() => z.object({ code: digits }), [digits]);
  const form = useForm<{ code: string }>({
    resolver: zodResolver(schema),
    defaultValues: { code: "" },
  });
  const refusal = useRefusal(command.error, ["code"], { "users/wrong-code": "code" });
  return (
    <div className="grid gap-5 sm:grid-cols-[12rem_1fr]">
      <div className="grid justify-items-center gap-2">
        <Qr svg={begun.qr} label={t("factor.qr")} />
        <a href={begun.url} className="link text-xs">
          {t("factor.openApp")}
        </a>
      </div>
      <form
        onSubmit={form.handleSubmit(({ code }) => command.mutate(code))}
        noValidate
        className="grid content-start gap-4"
      >
        <div className="grid gap-1.5">
          <p className="text-sm font-medium">{t("factor.secret")}</p>
          <CopyLine text={begun.secret} />
        </div>
        <Problem error={refusal.rest} />
        <Field
          label={t("factor.code")}
          hint={t("factor.codeHint")}
          error={form.formState.errors.code?.message ?? refusal.at("code")}
        >
          <CodeInput maxLength={7} {...form.register("code")} />
        </Field>
        <Button type="submit" variant="primary" pending={command.isPending}>
          {t("factor.turnOn")}
        </Button>
      </form>
    </div>
  );
}
