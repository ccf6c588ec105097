// Coming in.

import { useTranslation } from "react-i18next";
import { Link, Navigate, useLocation, useSearchParams } from "react-router";
import { HOME } from "@/lines/home";
import { returnPath, useMe } from "@/session/session";
import { Notice } from "@/ui";
import { Entrance } from "./Entrance";
import { SignInForm } from "./SignInForm";

export default function SignIn() {
  const { t } = useTranslation("users");
  const [query] = useSearchParams();
  const me = useMe();
  const state = useLocation().state as string | { hash?: string } | null;
  const hash = typeof state === "object" ? (state?.hash ?? "") : "";
  const confirmed = state === "confirmed";
  const changed = state === "password-changed";
  // Whoever is in goes on, whether they were before or came in just now.
  if (me) return <Navigate to={returnPath(query.get("to"), HOME) + hash} replace />;
  return (
    <Entrance
      title={t("signIn.title")}
      below={
        <>
          {t("signIn.noAccount")}{" "}
          <Link className="link" to="/sign-up">
            {t("signIn.register")}
          </Link>
        </>
      }
    >
      <div className="grid gap-4">
        {confirmed && <Notice tone="good">{t("signIn.confirmed")}</Notice>}
        {changed && <Notice tone="good">{t("signIn.passwordChanged")}</Notice>}
        <SignInForm />
      </div>
    </Entrance>
  );
}
