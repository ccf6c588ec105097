// Parts of a page of which one is seen: as addresses, or within the page.

import { Tabs as Radix } from "radix-ui";
import { type ReactNode, useEffect, useRef } from "react";
import { NavLink, useLocation } from "react-router";
import { cx } from "./cx";

const BAR = "flex gap-5 overflow-x-auto border-b border-line [scrollbar-width:none]";
const TAB =
  "relative -mb-px border-b-2 border-transparent px-0.5 pt-1 pb-2.5 text-sm font-medium whitespace-nowrap text-ink-2 transition-colors hover:text-ink";
const CHOSEN = "border-accent-ink! text-ink!";

/** Each has an address of its own, so that it can be linked to and gone back from. */
export function TabLinks({ label, tabs }: { label: string; tabs: readonly { to: string; label: string }[] }) {
  const bar = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  // On a telephone the one that is chosen may lie beyond the edge.
  useEffect(() => {
    if (pathname === "") return;
    const chosen = bar.current?.querySelector('[aria-current="page"]');
    chosen?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [pathname]);
  return (
    <nav ref={bar} aria-label={label} className={BAR}>
      {tabs.map((tab) => (
        <NavLink key={tab.to} to={tab.to} end className={({ isActive }) => cx(TAB, isActive && CHOSEN)}>
          {tab.label}
        </NavLink>
      ))}
    </nav>
  );
}

type TabsProps = {
  label: string;
  tabs: readonly { value: string; label: ReactNode; content: ReactNode }[];
  value?: string;
  onChange?: (value: string) => void;
};

export function Tabs({ label, tabs, value, onChange }: TabsProps) {
  return (
    <Radix.Root
      {...(value === undefined ? { defaultValue: tabs[0]?.value ?? "" } : { value })}
      {...(onChange && { onValueChange: onChange })}
    >
      <Radix.List aria-label={label} className={BAR}>
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className={cx(TAB, "data-[state=active]:border-accent-ink data-[state=active]:text-ink")}
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="pt-4">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
