// The frame behind the door: navigation at the side, or below on a telephone, and the account.

import { useQueryClient } from "@tanstack/react-query";
import { ChevronsUpDown, LogOut, Menu as MenuIcon, UserRound } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, NavLink, Outlet, ScrollRestoration, useNavigate } from "react-router";
import { navigation } from "@/lines";
import { hasRole, signOut, useSignedIn } from "@/session/session";
import { cx, Drawer, Menu, MenuItem, MenuLabel, MenuLine, toast, useExplain } from "@/ui";
import { ConnectionBanner } from "./ConnectionBanner";
import { Logo } from "./Logo";
import type { NavItem } from "./nav";
import { LanguageChoice, ThemeChoice } from "./Preferences";
import { RouteFocus, SkipLink } from "./RouteFocus";

const BOTTOM_MOST = 4;

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

function AccountMenu({ side }: { side: "top" | "bottom" }) {
  const { t } = useTranslation();
  const me = useSignedIn();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const explain = useExplain();
  const leave = async () => {
    try {
      await signOut(queries);
      await navigate("/");
    } catch (error) {
      toast(explain(error).title, "bad");
    }
  };
  const called = me.name ?? me.email ?? "";
  return (
    <Menu
      side={side}
      align="start"
      trigger={
        <button
          type="button"
          aria-label={t("account.menu", { name: called })}
          className="flex w-full items-center gap-2.5 rounded-md px-2 py-1.5 text-left text-sm hover:bg-hover"
        >
          <span
            aria-hidden
            className="inline-flex size-7 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent-ink uppercase"
          >
            {called.slice(0, 1)}
          </span>
          <span className="min-w-0 flex-1 truncate font-medium max-lg:hidden">{called}</span>
          <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-ink-3 max-lg:hidden" />
        </button>
      }
    >
      <MenuLabel>{me.email}</MenuLabel>
      <MenuItem to="/account" icon={<UserRound aria-hidden />}>
        {t("nav.account")}
      </MenuItem>
      <MenuLine />
      <LanguageChoice />
      <MenuLine />
      <ThemeChoice />
      <MenuLine />
      <MenuItem icon={<LogOut aria-hidden />} onSelect={() => void leave()}>
        {t("account.signOut")}
      </MenuItem>
    </Menu>
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
    <>
      <SkipLink label={t("skip")} />
      <RouteFocus />
      <ScrollRestoration />
      <ConnectionBanner />
      <div className="lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
        <aside className="sticky top-0 flex h-dvh flex-col border-r border-line max-lg:hidden">
          <Link to="/" className="px-5 py-4.5">
            <Logo />
          </Link>
          <div className="min-h-0 flex-1 overflow-y-auto">
            <SideNav />
          </div>
          <div className="border-t border-line p-2">
            <AccountMenu side="top" />
          </div>
        </aside>
        <div className="min-w-0">
          <header className="flex h-14 items-center justify-between border-b border-line bg-surface px-4 lg:hidden">
            <Link to="/">
              <Logo />
            </Link>
            <div className="-mr-2">
              <AccountMenu side="bottom" />
            </div>
          </header>
          <main id="main" tabIndex={-1} className="px-4 pt-6 pb-24 sm:px-6 lg:px-10 lg:pt-9 lg:pb-16">
            <Outlet />
          </main>
        </div>
      </div>
      <BottomNav onMore={() => setMore(true)} />
      <Drawer open={more} onOpenChange={setMore} title={t("nav.label")}>
        <div className="flex items-center justify-between px-5 py-4">
          <Logo />
        </div>
        <SideNav onGo={() => setMore(false)} />
      </Drawer>
    </>
  );
}
