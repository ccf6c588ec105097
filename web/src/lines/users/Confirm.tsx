// Confirming an address: by the link of the mail, or by its six digits.

import { zodResolver } from "@hookform/resolvers/zod";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useLocation, useNavigate } from "react-router";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { freshKey } from "@/api/idempotency";
import { HOME } from "@/lines/home";
import { signIn } from "@/session/session";
import { Button, CodeInput, Field, Input, Loading, Problem, Skeleton, useRefusal } from "@/ui";
import { Entrance } from "./Entrance";
import { MailAgain } from "./MailAgain";
import { takePending } from "./pending";
import { useAddress, useSixDigits } from "./schemas";
import { useLinkInHash } from "./useLinkInHash";

type Came = { email?: string; sent?: boolean } | null;

export default function Confirm() {
  const link = useLinkInHash();
  return link === undefined ? <ByCode /> : <ByLink key={link} link={link} />;
}

function ByLink({ link }: { link: string }) {
  const { t } = useTranslation("users");
  const navigate = useNavigate();
  const command = useCommand(
    (answer: string, key) =>
      ask(api.POST("/v1/users/confirm", { params: { header: key }, body: { link: answer } })),
    { onDone: () => void navigate("/sign-in", { replace: true, state: "confirmed" }) },
  );
  const { mutate } = command;
  const asked = useRef(false);
  useEffect(() => {
    if (asked.current) return;
    asked.current = true;
    mutate(link);
  }, [link, mutate]);
  return (
    <Entrance title={t("confirm.title")}>
      {command.isError ? (
        <div className="grid gap-4">
          <Problem error={command.error} />
          <Button variant="primary" size="lg" onClick={() => mutate(link)}>
            {t("confirm.tryAgain")}
          </Button>
          <Button variant="ghost" onClick={() => void navigate("/confirm", { replace: true, state: null })}>
            {t("confirm.byCode")}
          </Button>
        </div>
      ) : (
        <Loading>
          <p className="mb-4 text-sm text-ink-2">{t("confirm.waiting")}</p>
          <Skeleton className="h-11 w-full" />
        </Loading>
      )}
    </Entrance>
  );
}

type Typed = { email: string; code: string };

function ByCode() {
  const { t } = useTranslation("users");
  const navigate = useNavigate();
  const queries = useQueryClient();
  const came = useLocation().state as Came;
  const address = useAddress();
  const digits = useSixDigits();
  const schema = useMemo(() => z.object({ email: address, code: digits }), [address, digits]);
  const form = useForm<Typed>({
    resolver: zodResolver(schema),
    defaultValues: { email: came?.email ?? "", code: "" },
  });
  const command = useCommand(
    (typed: Typed, key) =>
      ask(api.POST("/v1/users/confirm", { params: { header: key }, body: typed })),
    {
      onDone: async (_, { email }) => {
        const known = takePending(email);
        if (known !== undefined) {
          try {
            await signIn(queries, { ...known, remember: true }, freshKey());
            await navigate(HOME, { replace: true });
            return;
          } catch {
            // Then they sign in themselves, and hear there what is in the way.
          }
        }
        await navigate("/sign-in", { replace: true, state: "confirmed" });
      },
    },
  );
  const refusal = useRefusal(command.error, ["email", "code"], { "users/wrong-code": "code" });
  const { errors } = form.formState;
  const email = form.watch("email");
  return (
    <Entrance
      title={t("confirm.title")}
      description={
        came?.sent && came.email !== undefined
          ? t("confirm.sentTo", { email: came.email })
          : t("confirm.description")
      }
    >
      <form
        onSubmit={form.handleSubmit((typed) => command.mutate(typed))}
        noValidate
        className="grid gap-4"
      >
        <Problem error={refusal.rest} />
        <div className={came?.email === undefined ? undefined : "hidden"}>
          <Field label={t("field.email")} error={errors.email?.message ?? refusal.at("email")}>
            <Input type="email" inputMode="email" autoComplete="email" {...form.register("email")} />
          </Field>
        </div>
        <Field label={t("confirm.code")} error={errors.code?.message ?? refusal.at("code")}>
          <CodeInput maxLength={7} autoFocus={came?.email !== undefined} {...form.register("code")} />
        </Field>
        <Button type="submit" variant="primary" size="lg" pending={command.isPending}>
          {t("confirm.submit")}
        </Button>
        {address.safeParse(email).success && (
          <MailAgain
            email={email}
            send={(to, key) =>
              ask(api.POST("/v1/users/confirm/again", { params: { header: key }, body: { email: to } }))
            }
          />
        )}
        <p className="text-xs text-ink-3">{t("mail.whereElse")}</p>
      </form>
    </Entrance>
  );
}
