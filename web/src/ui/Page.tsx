// The frame of a page: its title, what can be done there, and its parts.

import { ChevronLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "./cx";

export const PRODUCT = "TrainNet";

/** The name of the page in the browser's tab and history. */
export function Title({ children }: { children?: string }) {
  return <title>{children === undefined ? PRODUCT : `${children} · ${PRODUCT}`}</title>;
}

type PageProps = { width?: "narrow" | "normal" | "wide"; children: ReactNode };

const WIDTHS = { narrow: "max-w-3xl", normal: "max-w-5xl", wide: "max-w-7xl" };

export function Page({ width = "normal", children }: PageProps) {
  return <div className={cx("mx-auto grid w-full gap-6", WIDTHS[width])}>{children}</div>;
}

type PageHeaderProps = {
  title: string;
  /** Beside the title: a badge, say. */
  aside?: ReactNode;
  description?: ReactNode;
  actions?: ReactNode;
  back?: { to: string; label: string };
};

/** The first heading takes the focus when somebody has come here from another page. */
export function PageHeader({ title, aside, description, actions, back }: PageHeaderProps) {
  return (
    <header className="grid gap-2">
      <Title>{title}</Title>
      {back && (
        <Link to={back.to} className="-ml-1 inline-flex w-fit items-center gap-0.5 text-sm text-ink-2 hover:text-ink">
          <ChevronLeft aria-hidden className="size-4" />
          {back.label}
        </Link>
      )}
      <div className="flex items-start justify-between gap-x-6 gap-y-3 max-sm:flex-wrap">
        <div className="min-w-0 sm:flex-1">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 tabIndex={-1} className="text-xl font-semibold break-words">
              {title}
            </h1>
            {aside}
          </div>
          {description !== undefined && <p className="mt-1 max-w-prose text-sm text-ink-2">{description}</p>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap gap-2 sm:shrink-0">{actions}</div>}
      </div>
    </header>
  );
}

type SectionProps = { title: ReactNode; description?: ReactNode; actions?: ReactNode; children: ReactNode };

/** A part of a page; on a wide screen its words stand beside what can be done. */
export function Section({ title, description, actions, children }: SectionProps) {
  return (
    <section className="grid gap-x-8 gap-y-3 border-t border-line pt-6 first-of-type:border-t-0 first-of-type:pt-0 lg:grid-cols-[15rem_minmax(0,1fr)]">
      <div>
        <h2 className="text-base font-semibold">{title}</h2>
        {description !== undefined && <p className="mt-1 text-sm text-ink-2">{description}</p>}
        {actions !== undefined && <div className="mt-3">{actions}</div>}
      </div>
      <div className="min-w-0">{children}</div>
    </section>
  );
}
