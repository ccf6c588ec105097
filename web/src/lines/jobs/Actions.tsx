// What may be done with a job now: exactly what the server says may be.

import { CirclePause, CircleX, CreditCard, Gauge, Play } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import { useCommand } from "@/api/hooks";
import type { ShownJob } from "@/api/schema";
import { Amount, Button, toast, useExplain } from "@/ui";
import { TOUCHES } from "./queries";

const RaiseBudget = lazy(async () => ({ default: (await import("./RaiseBudget")).RaiseBudget }));
const Cancel = lazy(async () => ({ default: (await import("./Cancel")).Cancel }));

export function Actions({ job }: { job: ShownJob }) {
  const { t } = useTranslation("jobs");
  const explain = useExplain();
  const [raising, setRaising] = useState(false);
  const [cancelling, setCancelling] = useState(false);
  const can = (action: string) => job.actions.includes(action);
  const path = { job: job.id };
  const said = (error: Error) => {
    const { title, way } = explain(error);
    toast(`${title}. ${way}`, "bad");
  };
  const pause = useCommand(
    (_: "pause", header) => ask(api.POST("/v1/jobs/{job}/pause", { params: { path, header } })),
    { touches: TOUCHES, onDone: () => toast(t("done.pause")) },
  );
  const resume = useCommand(
    (_: "resume", header) => ask(api.POST("/v1/jobs/{job}/resume", { params: { path, header } })),
    { touches: TOUCHES, onDone: () => toast(t("done.resume")) },
  );
  const pay = useCommand((_: "pay", header) => ask(api.POST("/v1/jobs/{job}/pay", { params: { path, header } })), {
    touches: [["jobs"]],
    onDone: ({ checkout_url }) => {
      if (checkout_url == null) toast(t("done.noCheckout"), "plain");
      else location.assign(checkout_url);
    },
  });
  return (
    <>
      {can("pay") && job.pay_with === "card" && (
        <Button
          variant="primary"
          icon={<CreditCard aria-hidden />}
          pending={pay.isPending}
          onClick={() => pay.mutate("pay", { onError: said })}
        >
          {t("action.pay")} <Amount value={job.budget} />
        </Button>
      )}
      {can("pause") && (
        <Button
          icon={<CirclePause aria-hidden />}
          pending={pause.isPending}
          onClick={() => pause.mutate("pause", { onError: said })}
        >
          {t("action.pause")}
        </Button>
      )}
      {can("resume") && (
        <Button
          variant="primary"
          icon={<Play aria-hidden />}
          pending={resume.isPending}
          onClick={() => resume.mutate("resume", { onError: said })}
        >
          {t("action.resume")}
        </Button>
      )}
      {can("raise-budget") && (
        <Button icon={<Gauge aria-hidden />} onClick={() => setRaising(true)}>
          {t("action.raise")}
        </Button>
      )}
      {can("cancel") && (
        <Button icon={<CircleX aria-hidden />} onClick={() => setCancelling(true)}>
          {t("action.cancel")}
        </Button>
      )}
      <Suspense>
        {raising && <RaiseBudget job={job} onClose={() => setRaising(false)} />}
        {cancelling && <Cancel job={job} onClose={() => setCancelling(false)} />}
      </Suspense>
    </>
  );
}
