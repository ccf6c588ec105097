// Making a key, and showing it this once.

import { zodResolver } from "@hookform/resolvers/zod";
import { useMemo } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { Use } from "@/api/schema";
import { hasRole, useSignedIn } from "@/session/session";
import { Button, Checkbox, CopyLine, Dialog, Field, Input, Notice, Problem, Select, useRefusal } from "@/ui";

const SCOPES = ["read", "jobs:write", "rentals:write", "servers:write", "payments:write", "payouts:write", "account:write"] as const satisfies Use[];
const DAYS = ["30", "90", "365", ""] as const;
const DAY_MS = 86_400_000;

type Typed = { label: string; scopes: Use[]; days: (typeof DAYS)[number] };

/** To the day, so that sending it again a moment later asks for the same. */
function inDays(days: number): string {
  const until = new Date(Date.now() + days * DAY_MS);
  until.setUTCHours(0, 0, 0, 0);
  return until.toISOString();
}

export default function CreateKey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("account");
  const command = useCommand(
    (typed: Typed & { expires: string | null }, key) =>
      ask(
        api.POST("/v1/keys", {
          params: { header: key },
          body: { label: typed.label, scopes: typed.scopes, expires_at: typed.expires },
        }),
      ),
    { touches: [["keys"]] },
  );
  if (command.data !== undefined) {
    return (
      <Dialog
        open
        insistent
        onOpenChange={onClose}
        title={t("keys.made")}
        actions={
          <Button variant="primary" onClick={onClose}>
            {t("keys.done")}
          </Button>
        }
      >
        <div className="grid gap-4">
          <Notice tone="warn">{t("keys.once")}</Notice>
          <CopyLine text={command.data.key} />
          <p className="text-sm text-ink-2">{t("keys.how")}</p>
          <CopyLine text={`curl -H "Authorization: Bearer ${command.data.key}" ${location.origin}/v1/me`} />
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog open onOpenChange={onClose} title={t("keys.create")} description={t("keys.createText")}>
      <KeyForm command={command} />
    </Dialog>
  );
}

type KeyFormProps = {
  command: {
    mutate: (typed: Typed & { expires: string | null }) => void;
    error: unknown;
    isPending: boolean;
  };
};

function KeyForm({ command }: KeyFormProps) {
  const { t } = useTranslation("account");
  const me = useSignedIn();
  const offered: readonly Use[] = hasRole(me, "admin") ? [...SCOPES, "admin"] : SCOPES;
  const schema = useMemo(
    () =>
      z.object({
        label: z
          .string()
          .check(z.trim(), z.minLength(1, t("keys.labelMissing")), z.maxLength(100, t("keys.labelLong"))),
        scopes: z.array(z.custom<Use>()).check(z.minLength(1, t("keys.scopeMissing"))),
        days: z.enum(DAYS),
      }),
    [t],
  );
  const form = useForm<Typed>({
    resolver: zodResolver(schema),
    defaultValues: { label: "", scopes: ["read"], days: "90" },
  });
  const refusal = useRefusal(command.error, ["label", "scopes", "days"], { expires_at: "days" });
  const { errors } = form.formState;
  const submit = form.handleSubmit((typed) => {
    command.mutate({ ...typed, expires: typed.days === "" ? null : inDays(Number(typed.days)) });
  });
  return (
    <form onSubmit={submit} noValidate className="grid gap-4">
      <Problem error={refusal.rest} />
      <Field
        label={t("keys.label")}
        hint={t("keys.labelHint")}
        error={errors.label?.message ?? refusal.at("label")}
      >
        <Input autoComplete="off" maxLength={100} {...form.register("label")} />
      </Field>
      <fieldset className="grid gap-2.5">
        <legend className="mb-1.5 text-sm font-medium">{t("keys.scopes")}</legend>
        {offered.map((scope) => (
          <Checkbox
            key={scope}
            value={scope}
            label={t(`scope.${scope.replace(":", "-")}.long` as "scope.read.long")}
            {...form.register("scopes")}
          />
        ))}
        {(errors.scopes?.message ?? refusal.at("scopes")) !== undefined && (
          <p role="alert" className="text-xs text-bad">
            {errors.scopes?.message ?? refusal.at("scopes")}
          </p>
        )}
      </fieldset>
      <Field label={t("keys.until")} error={refusal.at("days")}>
        <Select
          options={DAYS.map((days) => ({
            value: days,
            label: days === "" ? t("keys.forEver") : t("keys.days", { count: Number(days) }),
          }))}
          {...form.register("days")}
        />
      </Field>
      <Button type="submit" variant="primary" pending={command.isPending}>
        {t("keys.create")}
      </Button>
    </form>
  );
}
