// What a slice says of itself to the frame around it.

import type { QueryClient } from "@tanstack/react-query";
import type { LucideIcon } from "lucide-react";
import type ui from "@/i18n/en/ui.json";
import type { Role } from "@/session/session";
import type { LazyPage } from "./page";

export type NavItem = {
  to: string;
  icon: LucideIcon;
  text: `nav.${Exclude<keyof (typeof ui)["nav"], "label" | "more">}`;
  /** Who is shown it; everybody, where nothing is said. */
  role?: Role;
};

/** Begins to read what a page shows at once. */
export type Reads = (queries: QueryClient) => Promise<unknown>[];

/** A page, or a layout with an `Outlet` for its `children`. */
export type RoutePage =
  | { path: string; lazy: LazyPage; reads?: Reads; children?: RoutePage[] }
  | { index: true; lazy: LazyPage };

export type Line = {
  /** Pages for whoever is signed in, within the frame. */
  pages?: RoutePage[];
  /** Pages for everybody, within the public frame. */
  publicPages?: RoutePage[];
  nav?: NavItem[];
};
