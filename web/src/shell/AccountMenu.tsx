// What whoever is signed in can do from everywhere.

import { LogOut, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { signOut, useSignedIn } from "@/session/session";
import type { OpenedMenuProps } from "@/ui/LazyMenu";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/ui/Menu";
import { toast } from "@/ui/toast";
import { useExplain } from "@/ui/useExplain";
import { LanguageChoice, ThemeChoice } from "./Preferences";

function AccountMenu({ side, ...menu }: OpenedMenuProps & { side: "top" | "bottom" }) {
  const { t } = useTranslation();
  const me = useSignedIn();
  const explain = useExplain();
  const goOut = () => signOut().catch((error: unknown) => toast(explain(error).title, "bad"));
  return (
    <Menu {...menu} side={side} align={side === "top" ? "start" : "end"}>
      <MenuLabel>{me.email}</MenuLabel>
      <MenuItem to="/account" icon={<UserRound aria-hidden />}>
        {t("nav.account")}
      </MenuItem>
      <MenuLine />
      <LanguageChoice />
      <MenuLine />
      <ThemeChoice />
      <MenuLine />
      <MenuItem icon={<LogOut aria-hidden />} onSelect={() => void goOut()}>
        {t("account.signOut")}
      </MenuItem>
    </Menu>
  );
}

export const AccountMenuAbove = (menu: OpenedMenuProps) => <AccountMenu {...menu} side="top" />;
export const AccountMenuBelow = (menu: OpenedMenuProps) => <AccountMenu {...menu} side="bottom" />;
