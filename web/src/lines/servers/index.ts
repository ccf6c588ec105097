// Machines: how somebody brings one, and how it does.

import { Server } from "lucide-react";
import type { Line } from "@/shell/nav";
import { page } from "@/shell/page";

export const servers: Line = {
  nav: [{ to: "/workers", icon: Server, text: "nav.workers" }],
  pages: [{ path: "workers", lazy: page(() => import("./Workers"), "servers", "train") }],
};
