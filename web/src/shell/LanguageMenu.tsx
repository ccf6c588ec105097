// The choice of language before the door.

import type { OpenedMenuProps } from "@/ui/LazyMenu";
import { Menu } from "@/ui/Menu";
import { LanguageChoice } from "./Preferences";

export default function LanguageMenu(menu: OpenedMenuProps) {
  return (
    <Menu {...menu}>
      <LanguageChoice />
    </Menu>
  );
}
