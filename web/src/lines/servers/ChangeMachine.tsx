// What its provider decides about a machine: its name, its price, its region.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { Machine, MachineChange } from "@/api/schema";
import { Button, Dialog, Field, Input, Problem, toast, useRefusal } from "@/ui";
import { readAmount } from "@/ui/money";

const REGION_EXAMPLE = "eu-north";
const REGION = /^[a-z0-9]+(-[a-z0-9]+)*$/;

export function ChangeMachine({ machine, onClose }: { machine: Machine; onClose: () => void }) {
  const { t } = useTranslation(["servers", "ui"]);
  const [name, setName] = useState(machine.name);
  const [price, setPrice] = useState(machine.price_per_hour.amount);
  const [region, setRegion] = useState(machine.region ?? "");
  const [tried, setTried] = useState(false);
  const change = useCommand(
    (body: MachineChange, header) =>
      ask(api.PATCH("/v1/machines/{machine}", { params: { path: { machine: machine.id } }, headers: header, body })),
    {
      touches: [["machines", "list"]],
      onDone: () => {
        toast(t("change.done"));
        onClose();
      },
    },
  );
  const refusal = useRefusal(change.error, ["name", "price", "region"], { price_per_hour: "price" });
  const amount = readAmount(price, 6);
  const wrong = {
    name: name.trim() === "" || name.length > 100,
    price: amount === undefined,
    region: region !== "" && !REGION.test(region),
  };
  const error = (field: "name" | "price" | "region") =>
    tried && wrong[field] ? t(`change.${field}Wrong`) : refusal.at(field);
  return (
    <Dialog
      open
      size="sm"
      onOpenChange={(open) => !open && onClose()}
      title={t("change.title")}
      actions={
        <>
          <Button onClick={onClose}>{t("ui:cancel")}</Button>
          <Button variant="primary" type="submit" form="change-machine" pending={change.isPending}>
            {t("change.do")}
          </Button>
        </>
      }
    >
      <form
        id="change-machine"
        noValidate
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (amount === undefined || wrong.name || wrong.region) return;
          change.mutate({
            ...(name.trim() !== machine.name && { name: name.trim() }),
            ...(amount !== machine.price_per_hour.amount && { price_per_hour: { amount, currency: "USD" } }),
            ...(region !== "" && region !== machine.region && { region }),
          });
        }}
      >
        <Problem error={refusal.rest} />
        <Field label={t("change.name")} error={error("name")}>
          <Input value={name} onChange={(event) => setName(event.target.value)} />
        </Field>
        <Field label={t("change.price")} hint={t("change.priceHint")} error={error("price")}>
          <Input inputMode="decimal" value={price} onChange={(event) => setPrice(event.target.value)} />
        </Field>
        <Field label={t("change.region")} aside={t("ui:optional")} hint={t("change.regionHint")} error={error("region")}>
          <Input placeholder={REGION_EXAMPLE} autoCapitalize="none" value={region} onChange={(event) => setRegion(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
