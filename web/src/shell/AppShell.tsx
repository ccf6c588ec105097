// The frame behind the door: navigation at the side, or below on a telephone, and the account.

import { ChevronsUpDown, Menu as MenuIcon } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink } from "react-router";
import { navigation } from "@/lines";
import { hasRole, useSignedIn } from "@/session/session";
import { cx } from "@/ui/cx";
import { LazyMenu } from "@/ui/LazyMenu";
import { SkeletonPage } from "@/ui/Skeleton";
import { Frame, Main } from "./Frame";
import { Logo } from "./Logo";
import type { NavItem } from "./nav";

const BOTTOM_MOST = 4;

const loadAccountMenuAbove = async () => ({ default: (await import("./AccountMenu")).AccountMenuAbove });
const loadAccountMenuBelow = async () => ({ default: (await import("./AccountMenu")).AccountMenuBelow });
const MoreDrawer = lazy(async () => ({ default: (await import("@/ui/Dialog")).Drawer }));

function useNav(): NavItem[] {
  const me = useSignedIn();
  return navigation.filter((item) => item.role === undefined || hasRole(me, item.role));
}

function SideLink({ item, onGo }: { item: NavItem; onGo?: () => void }) {
  const { t } = useTranslation();
  return (
    <NavLink
      to={item.to}
      onClick={onGo}
      className={({ isActive }) =>
        cx(
          "flex items-center gap-2.5 rounded-md px-2.5 py-1.5 text-sm font-medium transition-colors pointer-coarse:py-2.5 [&_svg]:size-4",
          isActive ? "bg-accent-soft text-accent-ink" : "text-ink-2 hover:bg-hover hover:text-ink",
        )
      }
    >
      <item.icon aria-hidden />
      {t(item.text)}
    </NavLink>
  );
}

function SideNav({ onGo }: { onGo?: () => void }) {
  const { t } = useTranslation();
  const items = useNav();
  return (
    <nav aria-label={t("nav.label")} className="grid gap-0.5 px-3">
      {items.map((item) => (
        <SideLink key={item.to} item={item} {...(onGo && { onGo })} />
      ))}
    </nav>
  );
}

function AccountButton({ side }: { side: "top" | "bottom" }) {
  const { t } = useTranslation();
  const me = useSignedIn();
  const called = me.name ?? me.email ?? "";
  return (
    <LazyMenu
      load={side === "top" ? loadAccountMenuAbove : loadAccountMenuBelow}
      trigger={
        <button
          type="button"
          className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left text-sm hover:bg-hover"
        >
          {/* A picture made of a letter: as text it would have to be part of the button's name. */}
          <span
            aria-hidden
            data-letter={called.slice(0, 1)}
            className="inline-flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent-ink uppercase before:content-[attr(data-letter)]"
          />
          <span className="min-w-0 flex-1 truncate font-medium max-lg:sr-only">
            <span className="sr-only">{t("account.menu")} </span>
            {called}
          </span>
          <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-ink-3 max-lg:hidden" />
        </button>
      }
    />
  );
}

function BottomNav({ onMore }: { onMore: () => void }) {
  const { t } = useTranslation();
  const items = useNav();
  const look =
    "flex min-w-0 flex-col items-center justify-center gap-0.5 text-2xs font-medium [&_svg]:size-5";
  return (
    <nav
      aria-label={t("nav.label")}
      className="fixed inset-x-0 bottom-0 z-30 grid h-[calc(3.5rem+env(safe-area-inset-bottom))] auto-cols-fr grid-flow-col border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {items.slice(0, BOTTOM_MOST).map((item) => (
        <NavLink
          key={item.to}
          to={item.to}
          className={({ isActive }) => cx(look, isActive ? "text-accent-ink" : "text-ink-3")}
        >
          <item.icon aria-hidden />
          <span className="max-w-full truncate px-1">{t(item.text)}</span>
        </NavLink>
      ))}
      <button type="button" onClick={onMore} className={cx(look, "text-ink-3")}>
        <MenuIcon aria-hidden />
        {t("nav.more")}
      </button>
    </nav>
  );
}

export function AppShell() {
  const { t } = useTranslation();
  const [more, setMore] = useState(false);
  return (
    <Frame>
      <div className="lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
        <aside className="sticky top-0 flex h-dvh flex-col border-r border-line max-lg:hidden">
          <Link to="/" className="inline-flex px-5 py-4.5">
            <Logo />
          </Link>
          <div className="min-h-0 flex-1 overflow-y-auto">
            <SideNav />
          </div>
          <div className="border-t border-line p-2">
            <AccountButton side="top" />
          </div>
        </aside>
        <div className="min-w-0">
          <header className="flex h-14 items-center justify-between border-b border-line bg-surface px-4 lg:hidden">
            <Link to="/" className="inline-flex">
              <Logo />
            </Link>
            <div className="-mr-2">
              <AccountButton side="bottom" />
            </div>
          </header>
          <Main className="px-4 pt-6 pb-24 sm:px-6 lg:px-10 lg:pt-9 lg:pb-16" waiting={<SkeletonPage />} />
        </div>
      </div>
      <BottomNav onMore={() => setMore(true)} />
      {more && (
        <Suspense>
          <MoreDrawer open onOpenChange={setMore} title={t("nav.label")}>
            <div className="px-5 py-4">
              <Logo />
            </div>
            <SideNav onGo={() => setMore(false)} />
          </MoreDrawer>
        </Suspense>
      )}
    </Frame>
  );
}
