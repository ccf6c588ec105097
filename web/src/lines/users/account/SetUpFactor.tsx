// Setting up the second factor, step by step.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { Begun } from "@/api/schema";
import { meQuery } from "@/session/session";
import { Button, CodeInput, CopyLine, Dialog, Field, Problem } from "@/ui";
import { useSixDigits } from "../schemas";
import { type FormCommand, useCommandForm } from "../useCommandForm";
import { CurrentPassword, useCurrentPassword } from "./CurrentPassword";
import { Qr } from "./Qr";
import { RecoveryCodes } from "./RecoveryCodes";

export function SetUpFactor({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("account");
  const begin = useCommand((body: { password: string }, key) =>
    ask(api.POST("/v1/me/second-factor", { params: { header: key }, body })),
  );
  const enable = useCommand(
    (body: { code: string }, key) =>
      ask(api.POST("/v1/me/second-factor/enable", { params: { header: key }, body })),
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

function PasswordStep({ command }: { command: FormCommand<{ password: string }> }) {
  const { t } = useTranslation("account");
  const password = useCurrentPassword();
  const schema = useMemo(() => z.object({ password }), [password]);
  const { form, submit, problem, wrong } = useCommandForm({
    schema,
    blank: { password: "" },
    command,
    places: { "users/wrong-password": "password" },
  });
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <Problem error={problem} />
      <CurrentPassword error={wrong("password")} {...form.register("password")} />
      <Button type="submit" variant="primary" pending={command.isPending}>
        {t("factor.goOn")}
      </Button>
    </form>
  );
}

function CodeStep({ begun, command }: { begun: Begun; command: FormCommand<{ code: string }> }) {
  const { t } = useTranslation("account");
  const digits = useSixDigits();
  const schema = useMemo(() => z.object({ code: digits }), [digits]);
  const { form, submit, problem, wrong } = useCommandForm({
    schema,
    blank: { code: "" },
    command,
    places: { "users/wrong-code": "code" },
  });
  return (
    <div className="grid gap-5 sm:grid-cols-[12rem_1fr]">
      <div className="grid justify-items-center gap-2">
        <Qr svg={begun.qr} label={t("factor.qr")} />
        <a href={begun.url} className="link text-xs">
          {t("factor.openApp")}
        </a>
      </div>
      <form onSubmit={submit} noValidate className="grid content-start gap-4">
        <div className="grid gap-1.5">
          <p className="text-sm font-medium">{t("factor.secret")}</p>
          <CopyLine text={begun.secret} />
        </div>
        <Problem error={problem} />
        <Field label={t("factor.code")} hint={t("factor.codeHint")} error={wrong("code")}>
          <CodeInput maxLength={7} {...form.register("code")} />
        </Field>
        <Button type="submit" variant="primary" pending={command.isPending}>
          {t("factor.turnOn")}
        </Button>
      </form>
    </div>
  );
}
