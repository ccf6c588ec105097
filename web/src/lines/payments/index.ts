// Money: the wallet, payments and what became of them, receipts.

import { Wallet } from "lucide-react";
import type { Line } from "@/shell/nav";
import { page } from "@/shell/page";
import { walletQuery } from "./queries";
import { latestQuery } from "./statement";

export const payments: Line = {
  nav: [{ to: "/wallet", icon: Wallet, text: "nav.wallet" }],
  pages: [
    {
      path: "wallet",
      lazy: page(() => import("./Wallet"), "payments"),
      reads: (queries) => [queries.prefetchQuery(walletQuery), queries.prefetchQuery(latestQuery)],
    },
    { path: "payments/:payment", lazy: page(() => import("./Payment"), "payments") },
    { path: "receipts/:order", lazy: page(() => import("./ReceiptPage"), "payments", "train") },
  ],
};
