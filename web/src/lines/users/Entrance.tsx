// The frame of the pages on which an account is made or entered.

import type { ReactNode } from "react";
import { Title } from "@/ui";

type EntranceProps = { title: string; description?: ReactNode; children: ReactNode; below?: ReactNode };

export function Entrance({ title, description, children, below }: EntranceProps) {
  return (
    <div className="mx-auto flex w-full max-w-md flex-1 flex-col px-4 pt-8 pb-16 sm:pt-16">
      <Title>{title}</Title>
      <div className="rounded-xl border-line sm:border sm:bg-surface sm:p-8 sm:shadow-1">
        <h1 tabIndex={-1} className="text-2xl font-semibold">
          {title}
        </h1>
        {description !== undefined && <p className="mt-2 text-sm text-ink-2">{description}</p>}
        <div className="mt-6">{children}</div>
      </div>
      {below !== undefined && <p className="mt-6 text-center text-sm text-ink-2">{below}</p>}
    </div>
  );
}
