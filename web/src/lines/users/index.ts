// People and their access: coming in, and the account.

import { UserRound } from "lucide-react";
import type { Line } from "@/shell/nav";
import { page } from "@/shell/page";

export const users: Line = {
  nav: [{ to: "/account", icon: UserRound, text: "nav.account" }],
  pages: [{ path: "account", lazy: page(() => import("./Profile"), "account", "users") }],
  publicPages: [{ path: "sign-in", lazy: page(() => import("./SignIn"), "users") }],
};
