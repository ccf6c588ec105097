// The password that somebody has: whoever changes something grave shows that they know it.

import { type ComponentProps, useMemo } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { Field, Password } from "@/ui";

export function useCurrentPassword() {
  const { t } = useTranslation("account");
  return useMemo(() => z.string().check(z.minLength(1, t("password.currentMissing"))), [t]);
}

type CurrentPasswordProps = Omit<ComponentProps<"input">, "type"> & { error: string | undefined };

export function CurrentPassword({ error, ...input }: CurrentPasswordProps) {
  const { t } = useTranslation("account");
  return (
    <Field label={t("password.current")} error={error}>
      <Password autoComplete="current-password" {...input} />
    </Field>
  );
}
