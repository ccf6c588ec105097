// Who you are here.

import { useTranslation } from "react-i18next";
import { useSignedIn } from "@/session/session";
import { Badge, Card, CardBody, Facts, Page, PageHeader, When } from "@/ui";

export default function Profile() {
  const { t } = useTranslation("account");
  const me = useSignedIn();
  return (
    <Page>
      <PageHeader title={t("title")} />
      <Card>
        <CardBody>
          <Facts
            items={[
              { name: t("email"), value: me.email },
              { name: t("since"), value: me.registered_at && <When at={me.registered_at} as="day" /> },
              { name: t("roles"), value: me.roles.map((role) => <Badge key={role}>{role}</Badge>) },
            ]}
          />
        </CardBody>
      </Card>
    </Page>
  );
}
