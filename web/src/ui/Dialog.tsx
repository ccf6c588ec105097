// A question or a form that has to be answered before the page goes on.

import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { IconButton } from "./Button";
import { cx } from "./cx";
import { stayPut } from "./stayPut";

type DialogProps = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the one that does it last. */
  actions?: ReactNode;
  size?: "sm" | "md" | "lg";
  /** Without a cross: one of the buttons has to be taken. */
  insistent?: boolean;
};

const SIZES = { sm: "max-w-sm", md: "max-w-lg", lg: "max-w-3xl" };

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  actions,
  size = "md",
  insistent = false,
}: DialogProps) {
  const { t } = useTranslation();
  const stay = insistent ? (event: Event) => event.preventDefault() : undefined;
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay ref={stayPut} className="animate-appear fixed inset-0 z-50 bg-shade" />
        <Radix.Content
          ref={stayPut}
          {...(description === undefined && { "aria-describedby": undefined })}
          onEscapeKeyDown={stay}
          onInteractOutside={stay}
          className={cx(
            "animate-rise fixed inset-x-0 bottom-0 z-50 mx-auto flex max-h-[92dvh] w-full flex-col overflow-hidden border border-line bg-raised shadow-2",
            "rounded-t-xl sm:inset-x-4 sm:top-[max(1rem,12dvh)] sm:bottom-auto sm:max-h-[76dvh] sm:w-auto sm:rounded-xl",
            SIZES[size],
          )}
        >
          <header className="flex items-start gap-3 px-5 pt-4.5 pb-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description !== undefined && (
                <Radix.Description className="mt-1 text-sm text-ink-2">{description}</Radix.Description>
              )}
            </div>
            {!insistent && (
              <Radix.Close asChild>
                <IconButton label={t("close")} size="sm" className="-mr-1.5">
                  <X aria-hidden />
                </IconButton>
              </Radix.Close>
            )}
          </header>
          {children !== undefined && (
            <div data-scrolls className="min-h-0 overflow-y-auto overscroll-contain px-5 pt-1 pb-5">
              {children}
            </div>
          )}
          {actions !== undefined && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line bg-paper px-5 py-3">
              {actions}
            </footer>
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A panel from the side, for navigation on telephones. */
export function Drawer({
  open,
  onOpenChange,
  title,
  children,
}: Pick<DialogProps, "open" | "onOpenChange" | "title" | "children">) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay ref={stayPut} className="animate-appear fixed inset-0 z-50 bg-shade" />
        <Radix.Content
          ref={stayPut}
          data-scrolls
          aria-describedby={undefined}
          className="animate-slide fixed inset-y-0 left-0 z-50 flex w-[min(18rem,85vw)] flex-col overflow-y-auto overscroll-contain border-r border-line bg-paper shadow-2"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
