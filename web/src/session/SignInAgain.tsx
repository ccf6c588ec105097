// The session is over while somebody is in the middle of something: they sign in on top of it.

import { useTranslation } from "react-i18next";
import { SignInForm } from "@/lines/users/SignInForm";
import { Button, Dialog } from "@/ui";

type SignInAgainProps = { email: string; onDone: () => void; onGiveUp: () => void };

export default function SignInAgain({ email, onDone, onGiveUp }: SignInAgainProps) {
  const { t } = useTranslation("users");
  return (
    <Dialog
      open
      insistent
      size="sm"
      onOpenChange={(open) => !open && onGiveUp()}
      title={t("again.title")}
      description={t("again.description")}
    >
      <SignInForm email={email} onDone={onDone} />
      <Button variant="ghost" className="mt-2 w-full" onClick={onGiveUp}>
        {t("again.leave")}
      </Button>
    </Dialog>
  );
}
