// Coming in.

import { useTranslation } from "react-i18next";
import { Link, Navigate, useLocation, useSearchParams } from "react-router";
import { HOME } from "@/lines/home";
import { returnPath, useMe } from "@/session/session";
import { Notice } from "@/ui";
import { Entrance } from "./Entrance";
import { SignInForm } from "./SignInForm";

const NOTICES = ["confirmed", "password-changed", "signed-out", "signed-out-everywhere", "erased"] as const;

/** What has just happened elsewhere; only what we have words for. */
const noticeOf = (said: string | null) => NOTICES.find((one) => one === said);

export default function SignIn() {
  const { t } = useTranslation("users");
  const [query] = useSearchParams();
  const me = useMe();
  const state = useLocation().state as string | { hash?: string } | null;
  const hash = typeof state === "object" ? (state?.hash ?? "") : "";
  const notice = noticeOf(typeof state === "string" ? state : query.get("said"));
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
        {notice !== undefined && <Notice tone="good">{t(`signIn.notice.${notice}`)}</Notice>}
        <SignInForm />
      </div>
    </Entrance>
  );
}
