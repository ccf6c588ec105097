// What may be typed into the fields of an account, as far as the page can tell.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { z } from "zod";

export function useAddress() {
  const { t } = useTranslation("users");
  return useMemo(
    () =>
      z
        .string()
        .trim()
        .toLowerCase()
        .max(254, t("field.emailInvalid"))
        .regex(/^[^\s@]+@[^\s@]+$/, t("field.emailInvalid")),
    [t],
  );
}

/** The rule of the server; whether the password is a well-known one only the server knows. */
export function useNewPassword() {
  const { t } = useTranslation("users");
  return useMemo(
    () =>
      z
        .string()
        .min(8, t("field.passwordShort"))
        .max(256, t("field.passwordLong"))
        .regex(/\p{L}/u, t("field.passwordLetters"))
        .regex(/\p{N}/u, t("field.passwordDigits")),
    [t],
  );
}

export function useSixDigits() {
  const { t } = useTranslation("users");
  return useMemo(
    () =>
      z
        .string()
        .transform((code) => code.replace(/\s/g, ""))
        .pipe(z.string().regex(/^\d{6}$/, t("field.codeInvalid"))),
    [t],
  );
}
