// What may be typed into the fields of an account, as far as the page can tell.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";

export function useAddress() {
  const { t } = useTranslation("users");
  return useMemo(
    () =>
      z
        .string()
        .check(
          z.trim(),
          z.toLowerCase(),
          z.maxLength(254, t("field.emailInvalid")),
          z.regex(/^[^\s@]+@[^\s@]+$/, t("field.emailInvalid")),
        ),
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
        .check(
          z.minLength(8, t("field.passwordShort")),
          z.maxLength(256, t("field.passwordLong")),
          z.regex(/\p{L}/u, t("field.passwordLetters")),
          z.regex(/\p{N}/u, t("field.passwordDigits")),
        ),
    [t],
  );
}

export function useSixDigits() {
  const { t } = useTranslation("users");
  return useMemo(
    () =>
      z
        .string()
        .check(
          z.overwrite((code) => code.replace(/\s/g, "")),
          z.regex(/^\d{6}$/, t("field.codeInvalid")),
        ),
    [t],
  );
}
