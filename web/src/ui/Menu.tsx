// A list of things to do, opened by a button.

import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { cx } from "./cx";

type MenuProps = {
  trigger: ReactNode;
  align?: "start" | "center" | "end";
  side?: "top" | "bottom";
  /** Where somebody else keeps whether it is open. */
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  children: ReactNode;
};

export function Menu({ trigger, align = "end", side = "bottom", open, onOpenChange, children }: MenuProps) {
  return (
    <Radix.Root
      modal={false}
      {...(open !== undefined && { open })}
      {...(onOpenChange && { onOpenChange })}
    >
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      {/* Within the page's landmark: whoever goes from landmark to landmark finds it. */}
      <Radix.Portal container={document.getElementById("main")}>
        <Radix.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="animate-rise z-50 min-w-52 rounded-lg border border-line bg-raised p-1 shadow-2"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const ITEM =
  "flex w-full items-center gap-2 rounded-md px-2.5 py-1.5 text-sm text-ink outline-none select-none data-disabled:opacity-50 data-highlighted:bg-hover pointer-coarse:py-2.5 [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-3";

type MenuItemProps = {
  icon?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  children: ReactNode;
} & ({ to: string; onSelect?: never } | { to?: never; onSelect: () => void });

export function MenuItem({ icon, danger = false, disabled = false, children, to, onSelect }: MenuItemProps) {
  const look = cx(ITEM, danger && "text-bad [&_svg]:text-bad");
  if (to !== undefined) {
    return (
      <Radix.Item asChild disabled={disabled}>
        <Link to={to} className={look}>
          {icon}
          {children}
        </Link>
      </Radix.Item>
    );
  }
  return (
    <Radix.Item disabled={disabled} onSelect={onSelect} className={look}>
      {icon}
      {children}
    </Radix.Item>
  );
}

type MenuChoiceProps<V extends string> = {
  label: string;
  value: V;
  options: readonly { value: V; label: string }[];
  onChange: (value: V) => void;
};

export function MenuChoice<V extends string>({ label, value, options, onChange }: MenuChoiceProps<V>) {
  return (
    <>
      <Radix.Label className="px-2.5 pt-2 pb-1 text-xs font-medium text-ink-3">{label}</Radix.Label>
      <Radix.RadioGroup value={value} onValueChange={(next) => onChange(next as V)}>
        {options.map((option) => (
          <Radix.RadioItem key={option.value} value={option.value} className={cx(ITEM, "pl-8 relative")}>
            <Radix.ItemIndicator className="absolute left-2.5">
              <Check aria-hidden />
            </Radix.ItemIndicator>
            {option.label}
          </Radix.RadioItem>
        ))}
      </Radix.RadioGroup>
    </>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2.5 pt-2 pb-1 text-xs text-ink-3">{children}</Radix.Label>;
}

export function MenuLine() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}
