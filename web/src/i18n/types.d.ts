// Makes the compiler refuse a text key that does not exist. A new slice adds its words here.

import type account from "./en/account.json";
import type landing from "./en/landing.json";
import type problems from "./en/problems.json";
import type ui from "./en/ui.json";
import type users from "./en/users.json";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "ui";
    resources: {
      account: typeof account;
      landing: typeof landing;
      problems: typeof problems;
      ui: typeof ui;
      users: typeof users;
    };
  }
}
