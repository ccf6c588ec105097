// How somebody is addressed, and what they are here.

import { zodResolver } from "@hookform/resolvers/zod";
import { useMemo, useState } from "react";
import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import * as z from "zod/mini";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import { type Language, language, setLanguage } from "@/i18n";
import { hasRole, type Me, meQuery, type Role, useSignedIn } from "@/session/session";
import {
  Badge,
  Button,
  Card,
  CardBody,
  Checkbox,
  Dialog,
  Facts,
  Field,
  Input,
  Problem,
  Section,
  Select,
  Title,
  toast,
  useRefusal,
  When,
} from "@/ui";

const ROLES: readonly Role[] = ["customer", "provider", "support", "finance", "admin"];

export default function Profile() {
  const { t } = useTranslation("account");
  const me = useSignedIn();
  const roles = ROLES.filter((role) => hasRole(me, role));
  return (
    <>
      <Title>{t("tabs.profile")}</Title>
      <Section title={t("profile.you")} description={t("profile.youText")}>
        <Card>
          <CardBody>
            <NameForm me={me} />
          </CardBody>
        </Card>
      </Section>
      <Section title={t("profile.account")}>
        <Card>
          <CardBody className="py-1.5!">
            <Facts
              items={[
                { name: t("profile.email"), value: me.email },
                {
                  name: t("profile.since"),
                  value: me.registered_at ? <When at={me.registered_at} as="day" /> : null,
                },
                {
                  name: t("profile.roles"),
                  value: (
                    <span className="flex flex-wrap gap-1.5">
                      {roles.map((role) => (
                        <Badge key={role}>{t(`role.${role}`)}</Badge>
                      ))}
                    </span>
                  ),
                },
              ]}
            />
          </CardBody>
        </Card>
      </Section>
      {!hasRole(me, "provider") && (
        <Section title={t("provider.title")} description={t("provider.text")}>
          <BecomeProvider />
        </Section>
      )}
    </>
  );
}

type Typed = { name: string; language: Language };

function NameForm({ me }: { me: Me }) {
  const { t } = useTranslation("account");
  const schema = useMemo(
    () =>
      z.object({ name: z.string().check(z.trim(), z.maxLength(100, t("profile.nameLong"))), language: z.enum(["en", "ru"]) }),
    [t],
  );
  const known: Typed = { name: me.name ?? "", language: me.language === "ru" ? "ru" : "en" };
  const form = useForm<Typed>({ resolver: zodResolver(schema), values: known });
  const command = useCommand((typed: Typed) => ask(api.PATCH("/v1/me", { body: typed })), {
    touches: [meQuery.queryKey],
    onDone: async (_, typed) => {
      if (typed.language !== language()) await setLanguage(typed.language);
      toast(t("profile.saved"));
    },
  });
  const refusal = useRefusal(command.error, ["name"]);
  return (
    <form
      onSubmit={form.handleSubmit((typed) => command.mutate(typed))}
      noValidate
      className="grid max-w-sm gap-4"
    >
      <Problem error={refusal.rest} />
      <Field
        label={t("profile.name")}
        hint={t("profile.nameHint")}
        error={form.formState.errors.name?.message ?? refusal.at("name")}
      >
        <Input autoComplete="name" {...form.register("name")} />
      </Field>
      <Field label={t("profile.language")} hint={t("profile.languageHint")}>
        <Select
          options={[
            { value: "en", label: "English" },
            { value: "ru", label: "Русский" },
          ]}
          {...form.register("language")}
        />
      </Field>
      <div>
        <Button
          type="submit"
          variant="primary"
          pending={command.isPending}
          disabled={!form.formState.isDirty}
        >
          {t("profile.save")}
        </Button>
      </div>
    </form>
  );
}

function BecomeProvider() {
  const { t } = useTranslation(["account", "ui"]);
  const [open, setOpen] = useState(false);
  const [accepted, setAccepted] = useState(false);
  const command = useCommand(
    (accept: true, key) =>
      ask(api.POST("/v1/me/provider", { params: { header: key }, body: { accept } })),
    {
      touches: [meQuery.queryKey],
      onDone: () => {
        setOpen(false);
        toast(t("provider.done"));
      },
    },
  );
  return (
    <Card>
      <CardBody className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-prose min-w-60 flex-1 text-sm text-ink-2">{t("provider.offer")}</p>
        <Button onClick={() => setOpen(true)}>{t("provider.become")}</Button>
      </CardBody>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t("provider.become")}
        description={t("provider.termsText")}
        actions={
          <>
            <Button onClick={() => setOpen(false)}>{t("ui:cancel")}</Button>
            <Button
              variant="primary"
              disabled={!accepted}
              pending={command.isPending}
              onClick={() => command.mutate(true)}
            >
              {t("provider.accept")}
            </Button>
          </>
        }
      >
        <div className="grid gap-4">
          <Problem error={command.error} />
          <ul className="list-disc space-y-1.5 pl-5 text-sm">
            <li>{t("provider.term1")}</li>
            <li>{t("provider.term2")}</li>
            <li>{t("provider.term3")}</li>
            <li>{t("provider.term4")}</li>
          </ul>
          <Checkbox
            label={t("provider.agree")}
            checked={accepted}
            onChange={(event) => setAccepted(event.target.checked)}
          />
        </div>
      </Dialog>
    </Card>
  );
}
