// Models that were trained here.

import { Boxes } from "lucide-react";
import type { Line } from "@/shell/nav";
import { page } from "@/shell/page";

export const models: Line = {
  nav: [{ to: "/models", icon: Boxes, text: "nav.models" }],
  pages: [{ path: "models", lazy: page(() => import("./Models"), "models", "jobs", "train") }],
};
