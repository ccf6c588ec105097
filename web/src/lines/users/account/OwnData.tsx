// What is known about somebody: handed over, and forgotten.

import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useMemo, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { walletQuery } from "@/lines/payments/queries";
import { leave, useSignedIn } from "@/session/session";
import {
  Amount,
  Button,
  Card,
  CardBody,
  Checkbox,
  Dialog,
  Field,
  Input,
  Notice,
  Password,
  Problem,
  Section,
  Title,
  toast,
  useRefusal,
} from "@/ui";
import { isZero } from "@/ui/money";
import { download } from "./download";

export default function OwnData() {
  const { t } = useTranslation("account");
  const [erasing, setErasing] = useState(false);
  const exporting = useCommand(() => ask(api.GET("/v1/me/export")), {
    onDone: (everything) => {
      download("trainnet-my-data.json", "application/json", JSON.stringify(everything, null, 2));
      toast(t("data.exported"));
    },
  });
  return (
    <>
      <Title>{t("tabs.data")}</Title>
      <Section title={t("data.exportTitle")} description={t("data.exportText")}>
        <Card>
          <CardBody className="grid gap-4">
            <Problem error={exporting.error} />
            <div className="flex flex-wrap items-center justify-between gap-3">
              <p className="max-w-prose min-w-60 flex-1 text-sm text-ink-2">{t("data.exportWhat")}</p>
              <Button
                icon={<Download aria-hidden />}
                pending={exporting.isPending}
                onClick={() => exporting.mutate()}
              >
                {t("data.export")}
              </Button>
            </div>
          </CardBody>
        </Card>
      </Section>
      <Section title={t("data.eraseTitle")} description={t("data.eraseText")}>
        <Card>
          <CardBody className="flex flex-wrap items-center justify-between gap-3">
            <p className="max-w-prose min-w-60 flex-1 text-sm text-ink-2">{t("data.eraseWhat")}</p>
            <Button variant="danger" onClick={() => setErasing(true)}>
              {t("data.erase")}
            </Button>
          </CardBody>
        </Card>
      </Section>
      <Dialog
        open={erasing}
        onOpenChange={setErasing}
        title={t("data.eraseAsk")}
        description={t("data.eraseForEver")}
      >
        <EraseForm />
      </Dialog>
    </>
  );
}

type Typed = { password: string; code: string; givesUp: boolean; sure: boolean };

function EraseForm() {
  const { t } = useTranslation("account");
  const me = useSignedIn();
  const factor = me.second_factor;
  const wallet = useQuery(walletQuery);
  const lost = (wallet.data?.balances ?? [])
    .flatMap(({ available, pending }) => [available, pending])
    .filter((amount) => !isZero(amount));
  const loses = lost.length > 0;
  const schema = useMemo(
    () =>
      z.object({
        password: z.string().check(z.minLength(1, t("password.currentMissing"))),
        code: factor ? z.string().check(z.trim(), z.minLength(6, t("factor.codeMissing"))) : z.string(),
        givesUp: loses ? z.literal(true, t("data.giveUpMissing")) : z.boolean(),
        sure: z.literal(true, t("data.sureMissing")),
      }),
    [factor, loses, t],
  );
  const form = useForm<Typed>({
    resolver: zodResolver(schema) as never,
    defaultValues: { password: "", code: "", givesUp: false, sure: false },
  });
  const command = useCommand(
    ({ password, code, givesUp }: Typed) =>
      ask(
        api.DELETE("/v1/me", {
          body: { password, give_up_balance: givesUp, ...(factor && { code }) },
        }),
      ),
    { onDone: () => leave("erased") },
  );
  const refusal = useRefusal(command.error, ["password", "code"], {
    "users/wrong-password": "password",
    "users/second-factor-wrong": "code",
    "users/second-factor-required": "code",
  });
  const { errors } = form.formState;
  return (
    <form
      onSubmit={form.handleSubmit((typed) => command.mutate(typed))}
      noValidate
      className="grid gap-4"
    >
      <Notice tone="warn">{t("data.eraseBefore")}</Notice>
      <Problem error={refusal.rest} />
      <Field
        label={t("password.current")}
        error={errors.password?.message ?? refusal.at("password")}
      >
        <Password autoComplete="current-password" {...form.register("password")} />
      </Field>
      {factor && (
        <Field
          label={t("factor.code")}
          hint={t("factor.codeOrPaper")}
          error={errors.code?.message ?? refusal.at("code")}
        >
          <Input autoComplete="one-time-code" maxLength={32} {...form.register("code")} />
        </Field>
      )}
      {loses && (
        <Checkbox
          label={
            <>
              {t("data.giveUp")}{" "}
              {lost.map((amount, place) => (
                <span key={`${amount.currency} ${String(place)}`}>
                  {place > 0 && ", "}
                  <Amount value={amount} />
                </span>
              ))}
            </>
          }
          error={errors.givesUp?.message}
          {...form.register("givesUp")}
        />
      )}
      <Checkbox label={t("data.sure")} error={errors.sure?.message} {...form.register("sure")} />
      <Button type="submit" variant="danger" pending={command.isPending}>
        {t("data.erase")}
      </Button>
    </form>
  );
}
