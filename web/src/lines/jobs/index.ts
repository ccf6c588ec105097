// Jobs: all that were ordered, and one as it goes.

import { ListChecks } from "lucide-react";
import type { Line } from "@/shell/nav";
import { page } from "@/shell/page";

export const jobs: Line = {
  nav: [{ to: "/jobs", icon: ListChecks, text: "nav.jobs" }],
  pages: [
    { path: "jobs", lazy: page(() => import("./Jobs"), "jobs", "train") },
    { path: "status/:taskId", lazy: page(() => import("./Status"), "jobs", "train") },
  ],
};
