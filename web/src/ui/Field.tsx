// A labelled place to type in, with its hint and what is wrong with it.

import { createContext, type ReactNode, use, useId } from "react";
import { cx } from "./cx";

type Wiring = { id: string; describedBy: string | undefined; invalid: boolean; required: boolean };

const FieldContext = createContext<Wiring | undefined>(undefined);

type FieldProps = {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  /** Said beside the label, such as "optional". */
  aside?: ReactNode;
  required?: boolean;
  className?: string;
  children: ReactNode;
};

export function Field({ label, hint, error, aside, required = false, className, children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const describedBy = [error !== undefined && errorId, hint !== undefined && hintId]
    .filter(Boolean)
    .join(" ");
  const wiring = {
    id,
    describedBy: describedBy === "" ? undefined : describedBy,
    invalid: error !== undefined,
    required,
  };
  return (
    <div className={cx("grid content-start gap-1.5", className)}>
      <div className="flex items-baseline justify-between gap-3">
        <label htmlFor={id} className="text-sm font-medium">
          {label}
        </label>
        {aside !== undefined && <span className="text-xs text-ink-3">{aside}</span>}
      </div>
      <FieldContext value={wiring}>{children}</FieldContext>
      {error !== undefined && (
        <p id={errorId} role="alert" className="text-xs text-bad">
          {error}
        </p>
      )}
      {hint !== undefined && (
        <p id={hintId} className="text-xs text-ink-3">
          {hint}
        </p>
      )}
    </div>
  );
}

/** What ties a control to the field around it. */
export function useField() {
  const wiring = use(FieldContext);
  return {
    id: wiring?.id,
    "aria-describedby": wiring?.describedBy,
    "aria-invalid": wiring?.invalid || undefined,
    "aria-required": wiring?.required || undefined,
  };
}
