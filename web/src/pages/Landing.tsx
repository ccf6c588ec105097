// What the place is, for whoever comes by.

import { useQuery } from "@tanstack/react-query";
import { FileSpreadsheet, Images, type LucideIcon, Shapes, TextQuote } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, ask } from "@/api/client";
import type { ShownCard } from "@/api/schema";
import { HOME } from "@/lines/home";
import { cardsQuery } from "@/lines/train/queries";
import { useMe } from "@/session/session";
import { Amount } from "@/ui/Amount";
import { Badge } from "@/ui/Badge";
import { ButtonLink } from "@/ui/Button";
import { Title } from "@/ui/Page";
import { Skeleton } from "@/ui/Skeleton";
import { When } from "@/ui/When";

const WIDE = "mx-auto w-full max-w-6xl px-4 sm:px-6";
/** Laid out when somebody comes near it: the first screen does not wait for the others. */
const BELOW = "[content-visibility:auto] [contain-intrinsic-height:auto_34rem]";

export default function Landing() {
  return (
    <>
      <Title />
      <Hero />
      <Steps />
      <Models />
      <Prices />
      <Books />
      <Provide />
    </>
  );
}

function Hero() {
  const { t } = useTranslation("landing");
  const me = useMe();
  return (
    <section className={`${WIDE} grid items-center gap-x-12 gap-y-10 pt-10 pb-16 sm:pt-20 sm:pb-24 lg:grid-cols-[minmax(0,1fr)_25rem]`}>
      <div>
        <h1
          tabIndex={-1}
          className="max-w-2xl text-[2rem] leading-[1.15] font-semibold tracking-[-0.022em] sm:text-[2.875rem] sm:leading-[1.1]"
        >
          {t("hero.title")}
        </h1>
        <p className="mt-5 max-w-xl text-lg text-ink-2">{t("hero.text")}</p>
        <div className="mt-8 flex flex-wrap gap-3">
          {me ? (
            <ButtonLink to={HOME} variant="primary" size="lg">
              {t("hero.app")}
            </ButtonLink>
          ) : (
            <ButtonLink to="/sign-up" variant="primary" size="lg">
              {t("hero.begin")}
            </ButtonLink>
          )}
          <ButtonLink to="/docs" reloadDocument size="lg">
            {t("hero.docs")}
          </ButtonLink>
        </div>
      </div>
      <Receipt />
    </section>
  );
}

const usd = (amount: string) => ({ amount, currency: "USD" });

/** An example of what a receipt says, and marked as one. */
function Receipt() {
  const { t } = useTranslation("landing");
  const lines = [
    { name: t("receipt.held"), value: <Amount value={usd("2.00")} /> },
    { name: t("receipt.charged"), value: <Amount value={usd("0.734208")} /> },
    { name: t("receipt.lost"), value: <span className="text-ink-3">{t("receipt.lostValue")}</span> },
    { name: t("receipt.back"), value: <Amount value={usd("1.265792")} className="text-good" /> },
  ];
  return (
    <figure
      aria-label={t("receipt.label")}
      className="rounded-xl border border-line bg-surface shadow-2 lg:rotate-[0.6deg]"
    >
      <figcaption className="flex items-center justify-between gap-3 border-b border-dashed border-line-strong px-5 py-3.5">
        <span className="text-sm font-semibold">{t("receipt.title")}</span>
        <Badge>{t("receipt.sample")}</Badge>
      </figcaption>
      <dl className="divide-y divide-line px-5 text-sm">
        {lines.map((line) => (
          <div key={line.name} className="flex items-baseline justify-between gap-4 py-2.5">
            <dt className="text-ink-2">{line.name}</dt>
            <dd className="figures shrink-0 font-medium">{line.value}</dd>
          </div>
        ))}
      </dl>
      <p className="border-t border-dashed border-line-strong px-5 py-3.5 text-xs text-ink-3">
        {t("receipt.sealed")}
      </p>
    </figure>
  );
}

function Steps() {
  const { t } = useTranslation("landing");
  const steps = [
    { title: t("steps.s1"), text: t("steps.s1Text") },
    { title: t("steps.s2"), text: t("steps.s2Text") },
    { title: t("steps.s3"), text: t("steps.s3Text") },
    { title: t("steps.s4"), text: t("steps.s4Text") },
  ];
  return (
    <section className={`${BELOW} border-y border-line bg-surface`}>
      <div className={`${WIDE} py-14`}>
        <h2 className="text-2xl">{t("steps.title")}</h2>
        <ol className="mt-8 grid gap-x-8 gap-y-8 sm:grid-cols-2 lg:grid-cols-4">
          {steps.map((step, index) => (
            <li key={step.title} className="border-t-2 border-accent pt-4">
              <p aria-hidden className="figures text-xs font-semibold text-accent-ink">
                {index + 1}
              </p>
              <h3 className="mt-1 text-lg">{step.title}</h3>
              <p className="mt-1.5 text-sm text-ink-2">{step.text}</p>
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

const ICONS: Record<string, LucideIcon> = {
  tabular: FileSpreadsheet,
  distilbert: TextQuote,
  mobilenet_v2: Images,
};

/** As many as there are today: the page does not move when they come. */
const PLACES = [1, 2, 3];

function Models() {
  const { t, i18n } = useTranslation("landing");
  const cards = useQuery(cardsQuery);
  // A page for strangers does without the list rather than with an apology.
  if (cards.isError) return null;
  const words = (card: ShownCard) => {
    const ours = i18n.exists(`models.${card.model_type}Text`, { ns: "landing" });
    if (!ours) return { title: card.title, text: card.summary };
    return {
      title: t(`models.${card.model_type}` as "models.tabular"),
      text: t(`models.${card.model_type}Text` as "models.tabularText"),
    };
  };
  return (
    <section className={`${BELOW} ${WIDE} py-14`}>
      <h2 className="text-2xl">{t("models.title")}</h2>
      <ul className="mt-8 grid gap-4 sm:grid-cols-2 lg:grid-cols-3">
        {cards.isPending &&
          PLACES.map((place) => (
            <li key={place}>
              <Skeleton className="h-44 w-full rounded-lg" />
            </li>
          ))}
        {cards.data?.data.map((card) => {
          const Icon = ICONS[card.model_type] ?? Shapes;
          const { title, text } = words(card);
          return (
            <li key={card.model_type} className="min-h-44 rounded-lg border border-line bg-surface p-5 shadow-1">
              <Icon aria-hidden className="size-5 text-accent-ink" strokeWidth={1.75} />
              <h3 className="mt-3 text-lg">{title}</h3>
              <p className="mt-1 text-sm text-ink-2">{text}</p>
              <p className="mt-3 text-xs text-ink-3">
                {t("models.settings", { count: card.hyperparams.length })}
              </p>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Prices() {
  const { t } = useTranslation("landing");
  const rules = [
    { title: t("prices.p1"), text: t("prices.p1Text") },
    { title: t("prices.p2"), text: t("prices.p2Text") },
    { title: t("prices.p3"), text: t("prices.p3Text") },
    { title: t("prices.p4"), text: t("prices.p4Text") },
  ];
  return (
    <section className={`${BELOW} border-y border-line bg-surface`}>
      <div className={`${WIDE} grid gap-x-12 gap-y-8 py-14 lg:grid-cols-[20rem_minmax(0,1fr)]`}>
        <div>
          <h2 className="text-2xl">{t("prices.title")}</h2>
          <p className="mt-3 text-sm text-ink-2">{t("prices.text")}</p>
        </div>
        <dl className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
          {rules.map((rule) => (
            <div key={rule.title}>
              <dt className="text-lg font-semibold tracking-tight">{rule.title}</dt>
              <dd className="mt-1 text-sm text-ink-2">{rule.text}</dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}

/** The head of the log as it is: the same that anybody may ask for. */
function Books() {
  const { t, i18n } = useTranslation("landing");
  const head = useQuery({
    queryKey: ["log", "head"],
    queryFn: ({ signal }) => ask(api.GET("/v1/log/head", { signal })),
  });
  return (
    <section className={`${BELOW} ${WIDE} grid items-start gap-x-12 gap-y-8 py-14 lg:grid-cols-2`}>
      <div>
        <h2 className="text-2xl">{t("books.title")}</h2>
        <p className="mt-3 max-w-prose text-sm text-ink-2">{t("books.text")}</p>
      </div>
      <div className="min-h-28 rounded-lg border border-line bg-sunken px-5 py-4 text-sm">
        <p className="text-xs font-medium text-ink-3">{t("books.head")}</p>
        {head.data && (
          <>
            <p className="figures mt-1 text-lg font-semibold">
              {t("books.events", {
                count: head.data.position,
                formatted: head.data.position.toLocaleString(i18n.language),
              })}
            </p>
            <p className="mt-1 font-mono text-xs leading-5 break-all text-ink-2">{head.data.hash}</p>
            <p className="mt-1 text-xs text-ink-3">
              <When at={head.data.recorded_at} />
            </p>
          </>
        )}
      </div>
    </section>
  );
}

function Provide() {
  const { t } = useTranslation("landing");
  return (
    <section className={`${WIDE} pb-16`}>
      <div className="rounded-xl border border-line bg-surface px-6 py-8 sm:px-10 sm:py-10">
        <h2 className="text-2xl">{t("provide.title")}</h2>
        <p className="mt-2 max-w-prose text-sm text-ink-2">{t("provide.text")}</p>
        <div className="mt-5 rounded-md bg-sunken px-4 py-3 font-mono text-xs break-all">
          <code>{"trainnet agent join --token …"}</code>
        </div>
      </div>
    </section>
  );
}
