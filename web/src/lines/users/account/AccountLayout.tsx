// The frame of the pages of an account.

import { useTranslation } from "react-i18next";
import { Outlet } from "react-router";
import { Page, PageHeader, TabLinks } from "@/ui";

export default function AccountLayout() {
  const { t } = useTranslation("account");
  return (
    <Page>
      <div className="grid gap-4">
        <PageHeader title={t("title")} />
        <TabLinks
          label={t("title")}
          tabs={[
            { to: "/account", label: t("tabs.profile") },
            { to: "/account/security", label: t("tabs.security") },
            { to: "/account/sessions", label: t("tabs.sessions") },
            { to: "/account/keys", label: t("tabs.keys") },
            { to: "/account/data", label: t("tabs.data") },
          ]}
        />
      </div>
      <Outlet />
    </Page>
  );
}
