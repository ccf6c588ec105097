// Asks for another mail, but not every second.

import { useTranslation } from "react-i18next";
import { useCommand } from "@/api/hooks";
import { Button, toast, useExplain } from "@/ui";
import { useCooldown } from "./useCooldown";

const PAUSE_SECONDS = 60;

type MailAgainProps = {
  email: string;
  send: (email: string, key: { "Idempotency-Key": string }) => Promise<unknown>;
};

export function MailAgain({ email, send }: MailAgainProps) {
  const { t } = useTranslation("users");
  const explain = useExplain();
  const pause = useCooldown(PAUSE_SECONDS);
  const command = useCommand(send, {
    onDone: () => {
      pause.begin();
      toast(t("mail.sentAgain"));
    },
  });
  return (
    <Button
      variant="ghost"
      size="sm"
      pending={command.isPending}
      disabled={pause.left > 0}
      onClick={() =>
        command.mutate(email, { onError: (error) => toast(explain(error).title, "bad") })
      }
    >
      {pause.left > 0 ? t("mail.againIn", { count: pause.left }) : t("mail.again")}
    </Button>
  );
}
