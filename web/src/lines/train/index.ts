// Ordering a training: the data, the model, its settings, what it costs.

import { Sparkles } from "lucide-react";
import type { Line } from "@/shell/nav";
import { page } from "@/shell/page";
import { cardsQuery } from "./queries";

export const train: Line = {
  nav: [{ to: "/train", icon: Sparkles, text: "nav.train" }],
  pages: [
    {
      path: "train",
      lazy: page(() => import("./Train"), "train"),
      reads: (queries) => [queries.prefetchQuery(cardsQuery)],
    },
  ],
};
