// A step of the order: its number, its name, and what is to be done in it.

import type { ReactNode } from "react";
import { Card, CardBody, CardHeader } from "@/ui";

type StepProps = { number: number; title: string; description?: ReactNode; aside?: ReactNode; children: ReactNode };

export function Step({ number, title, description, aside, children }: StepProps) {
  const heading = (
    <span className="flex items-center gap-2.5">
      <span
        aria-hidden
        className="figures inline-flex size-5.5 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent-ink"
      >
        {number}
      </span>
      {title}
    </span>
  );
  return (
    <Card>
      <section aria-label={title}>
        <CardHeader title={heading} aside={aside}>
          {description}
        </CardHeader>
        <CardBody>{children}</CardBody>
      </section>
    </Card>
  );
}
