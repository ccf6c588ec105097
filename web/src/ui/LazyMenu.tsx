// A menu whose making is fetched when somebody is about to open it.

import { type ComponentType, type ReactElement, Suspense, cloneElement, lazy, useState } from "react";

type MenuModule = { default: ComponentType<OpenedMenuProps> };

export type OpenedMenuProps = {
  trigger: ReactElement<TriggerProps>;
  open: boolean;
  onOpenChange: (open: boolean) => void;
};

type TriggerProps = {
  onClick?: () => void;
  onPointerEnter?: () => void;
  onFocus?: () => void;
  "aria-haspopup"?: "menu";
  "aria-expanded"?: boolean;
};

type LazyMenuProps = {
  /** A button. */
  trigger: ReactElement<TriggerProps>;
  load: () => Promise<MenuModule>;
};

export function LazyMenu({ trigger, load }: LazyMenuProps) {
  const [Opened] = useState(() => lazy(load));
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState(false);
  const fetch = () => void load();
  const closed = cloneElement(trigger, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onPointerEnter: fetch,
    onFocus: fetch,
    onClick: () => {
      setWanted(true);
      setOpen(true);
    },
  });
  if (!wanted) return closed;
  return (
    <Suspense fallback={closed}>
      <Opened trigger={trigger} open={open} onOpenChange={setOpen} />
    </Suspense>
  );
}
