// The choice of light and dark before the door.

import type { OpenedMenuProps } from "@/ui/LazyMenu";
import { Menu } from "@/ui/Menu";
import { ThemeChoice } from "./Preferences";

export default function ThemeMenu(menu: OpenedMenuProps) {
  return (
    <Menu {...menu}>
      <ThemeChoice />
    </Menu>
  );
}
