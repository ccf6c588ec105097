// Makes the compiler refuse a text key that does not exist. A new slice adds its words here.

import type account from "./en/account.json";
import type jobs from "./en/jobs.json";
import type landing from "./en/landing.json";
import type models from "./en/models.json";
import type payments from "./en/payments.json";
import type problems from "./en/problems.json";
import type servers from "./en/servers.json";
import type train from "./en/train.json";
import type ui from "./en/ui.json";
import type users from "./en/users.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "ui";
    resources: {
      account: typeof account;
      jobs: typeof jobs;
      landing: typeof landing;
      models: typeof models;
      payments: typeof payments;
      problems: typeof problems;
      servers: typeof servers;
      train: typeof train;
      ui: typeof ui;
      users: typeof users;
    };
  }
}
