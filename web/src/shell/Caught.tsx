// Catches what no page caught: a broken page, or files of a version that is no more.

import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { Button, ButtonLink } from "@/ui/Button";
import { EmptyState } from "@/ui/EmptyState";
import { ErrorState } from "@/ui/ErrorState";

/** What browsers say when a file of the app cannot be fetched; none of them gives it a code. */
const FETCHING = /dynamically imported module|module script failed|preload CSS|importing a module/i;

function Shown({ error }: { error: unknown }) {
  const { t } = useTranslation();
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

type BoundaryProps = { at: string; children: ReactNode };
type BoundaryState = { error: unknown; at: string };
const NOTHING = Symbol("nothing");

/** Another address is another attempt. */
class Boundary extends Component<BoundaryProps, BoundaryState> {
  override state: BoundaryState = { error: NOTHING, at: this.props.at };

  static getDerivedStateFromError(error: unknown): Partial<BoundaryState> {
    return { error };
  }

  static getDerivedStateFromProps(props: BoundaryProps, state: BoundaryState): Partial<BoundaryState> | null {
    return props.at === state.at ? null : { at: props.at, error: NOTHING };
  }

  override render(): ReactNode {
    return this.state.error === NOTHING ? this.props.children : <Shown error={this.state.error} />;
  }
}

export function Caught({ children }: { children: ReactNode }) {
  const { pathname } = useLocation();
  return <Boundary at={pathname}>{children}</Boundary>;
}
