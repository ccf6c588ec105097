// What a slice says of itself to the frame around it.

import type { LucideIcon } from "lucide-react";
import type { RouteObject } from "react-router";
import type ui from "@/i18n/en/ui.json";
import type { Role } from "@/session/session";

export type NavItem = {
  to: string;
  icon: LucideIcon;
  text: `nav.${Exclude<keyof (typeof ui)["nav"], "label" | "more">}`;
  /** Who is shown it; everybody, where nothing is said. */
  role?: Role;
};

export type Line = {
  /** Pages for whoever is signed in, within the frame. */
  pages?: RouteObject[];
  /** Pages for everybody, within the public frame. */
  publicPages?: RouteObject[];
  nav?: NavItem[];
};
