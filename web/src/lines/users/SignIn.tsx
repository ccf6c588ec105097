// Coming in.

import { useTranslation } from "react-i18next";
import { Link, useLocation, useNavigate, useSearchParams } from "react-router";
import { HOME } from "@/lines/home";
import { returnPath } from "@/session/session";
import { Notice } from "@/ui";
import { Entrance } from "./Entrance";
import { SignInForm } from "./SignInForm";

export default function SignIn() {
  const { t } = useTranslation("users");
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const state: unknown = useLocation().state;
  const confirmed = state === "confirmed";
  const changed = state === "password-changed";
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
        <SignInForm onDone={() => void navigate(returnPath(query.get("to"), HOME), { replace: true })} />
      </div>
    </Entrance>
  );
}
