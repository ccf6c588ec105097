// Catches what no page caught: a broken page, or files of a version that is no more.

import { useTranslation } from "react-i18next";
import { isRouteErrorResponse, useRouteError } from "react-router";
import { NotFound } from "@/pages/NotFound";
import { Button, ButtonLink } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorState } from "@/ui/ErrorState";

/** What browsers say when a file of the app cannot be fetched; none of them gives it a code. */
const FETCHING = /dynamically imported module|module script failed|preload CSS|importing a module/i;

export function RouteError() {
  const error = useRouteError();
  const { t } = useTranslation();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />;
  if (error instanceof Error && FETCHING.test(error.message)) {
    return (
      <EmptyState
        title={t("stale.title")}
        action={
          <Button variant="primary" onClick={() => location.reload()}>
            {t("stale.reload")}
          </Button>
        }
      >
        {t("stale.text")}
      </EmptyState>
    );
  }
  return (
    <ErrorState
      error={error}
      onRetry={() => location.reload()}
      action={
        <ButtonLink to="/" reloadDocument>
          {t("notFound.home")}
        </ButtonLink>
      }
    />
  );
}
