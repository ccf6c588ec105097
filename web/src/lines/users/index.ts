// People and their access: coming in, and the account.

import { UserRound } from "lucide-react";
import type { Line } from "@/shell/nav";
import { page } from "@/shell/page";

export const users: Line = {
  nav: [{ to: "/account", icon: UserRound, text: "nav.account" }],
  pages: [
    { path: "change-address", lazy: page(() => import("./ChangeAddress"), "account", "users") },
    {
      path: "account",
      lazy: page(() => import("./account/AccountLayout"), "account", "users"),
      children: [
        { index: true, lazy: page(() => import("./account/Profile"), "account") },
        { path: "security", lazy: page(() => import("./account/Security"), "account", "users") },
        { path: "sessions", lazy: page(() => import("./account/Sessions"), "account") },
        { path: "keys", lazy: page(() => import("./account/Keys"), "account") },
        { path: "data", lazy: page(() => import("./account/OwnData"), "account") },
      ],
    },
  ],
  // Mails link to `confirm`, `change-address` and `recover`, each with its secret behind `#`.
  publicPages: [
    { path: "sign-in", lazy: page(() => import("./SignIn"), "users") },
    { path: "sign-up", lazy: page(() => import("./SignUp"), "users") },
    { path: "confirm", lazy: page(() => import("./Confirm"), "users") },
    { path: "recover", lazy: page(() => import("./Recover"), "users") },
  ],
};
