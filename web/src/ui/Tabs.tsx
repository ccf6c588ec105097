// Parts of a page of which one is seen: as addresses, or within the page.

import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
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

/** How far a key goes among tabs. */
const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowLeft: (at, count) => (at + count - 1) % count,
  ArrowRight: (at, count) => (at + 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** As the practices of ARIA have them: one of the tabs is in the order of the keyboard, arrows go on. */
export function Tabs({ label, tabs, value, onChange }: TabsProps) {
  const id = useId();
  const bar = useRef<HTMLDivElement>(null);
  const [own, setOwn] = useState(tabs[0]?.value);
  const chosen = tabs.find((tab) => tab.value === (value ?? own)) ?? tabs[0];
  const choose = (to: string) => {
    setOwn(to);
    onChange?.(to);
  };
  const goOn = (event: KeyboardEvent) => {
    const at = tabs.findIndex((tab) => tab === chosen);
    const to = STEPS[event.key]?.(at, tabs.length);
    const next = to === undefined ? undefined : tabs[to];
    if (to === undefined || next === undefined) return;
    event.preventDefault();
    choose(next.value);
    bar.current?.querySelectorAll<HTMLElement>('[role="tab"]')[to]?.focus();
  };
  if (chosen === undefined) return null;
  return (
    <div>
      <div ref={bar} role="tablist" aria-label={label} className={BAR}>
        {tabs.map((tab) => (
          <button
            key={tab.value}
            type="button"
            role="tab"
            id={`${id}-${tab.value}`}
            aria-selected={tab === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => choose(tab.value)}
            onKeyDown={goOn}
            className={cx(TAB, tab === chosen && CHOSEN)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div key={chosen.value} role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen.value}`} tabIndex={0} className="pt-4">
        {chosen.content}
      </div>
    </div>
  );
}
