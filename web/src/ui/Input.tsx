// What is typed, chosen and ticked.

import { Check, ChevronDown, Eye, EyeOff } from "lucide-react";
import { type ComponentProps, type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "./cx";
import { useField } from "./Field";

const SIZE = "h-9 px-3 text-sm pointer-coarse:h-11 pointer-coarse:text-lg";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input type="text" {...useField()} {...rest} className={cx("control", SIZE, className)} />;
}

export function Password({ className, ...rest }: ComponentProps<"input">) {
  const { t } = useTranslation();
  const [seen, setSeen] = useState(false);
  return (
    <div className="relative">
      <input
        {...useField()}
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        {...rest}
        type={seen ? "text" : "password"}
        className={cx("control pr-10", SIZE, className)}
      />
      <button
        type="button"
        aria-label={seen ? t("password.hide") : t("password.show")}
        aria-pressed={seen}
        onClick={() => setSeen(!seen)}
        className="absolute inset-y-0 right-0 inline-flex w-10 items-center justify-center text-ink-3 hover:text-ink [&_svg]:size-4"
      >
        {seen ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
      </button>
    </div>
  );
}

/** Six digits, which a telephone may fill in from its messages or authenticator. */
export function CodeInput({ className, ...rest }: ComponentProps<"input">) {
  return (
    <input
      {...useField()}
      type="text"
      inputMode="numeric"
      autoComplete="one-time-code"
      spellCheck={false}
      {...rest}
      className={cx("control h-11 px-3 text-center font-mono text-xl tracking-[0.35em]", className)}
    />
  );
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return (
    <textarea rows={4} {...useField()} {...rest} className={cx("control px-3 py-2 text-sm pointer-coarse:text-lg", className)} />
  );
}

type SelectProps = ComponentProps<"select"> & {
  options: readonly { value: string; label: string; disabled?: boolean }[];
};

/** The system's own, which every keyboard, screen reader and telephone knows. */
export function Select({ options, className, ...rest }: SelectProps) {
  return (
    <div className="relative">
      <select {...useField()} {...rest} className={cx("control appearance-none pr-9", SIZE, className)}>
        {options.map(({ value, label, disabled }) => (
          <option key={value} value={value} disabled={disabled}>
            {label}
          </option>
        ))}
      </select>
      <ChevronDown
        aria-hidden
        className="pointer-events-none absolute top-1/2 right-3 size-4 -translate-y-1/2 text-ink-3"
      />
    </div>
  );
}

type CheckboxProps = Omit<ComponentProps<"input">, "type"> & {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
};

export function Checkbox({ label, hint, error, className, ...rest }: CheckboxProps) {
  const id = useId();
  const described = [error !== undefined && `${id}-error`, hint !== undefined && `${id}-hint`]
    .filter(Boolean)
    .join(" ");
  return (
    <div className={cx("grid gap-1", className)}>
      <label className="group flex items-start gap-2.5 text-sm pointer-coarse:py-1.5">
        <span className="relative mt-0.5 inline-flex size-4 shrink-0">
          <input
            {...rest}
            type="checkbox"
            aria-invalid={error !== undefined || undefined}
            aria-describedby={described === "" ? undefined : described}
            className="peer size-4 appearance-none rounded-sm border border-control bg-surface transition-colors checked:border-accent checked:bg-accent aria-invalid:border-bad disabled:opacity-50"
          />
          <Check
            aria-hidden
            strokeWidth={3}
            className="pointer-events-none absolute inset-0.5 size-3 text-on-accent opacity-0 peer-checked:opacity-100"
          />
        </span>
        <span className="min-w-0">{label}</span>
      </label>
      {hint !== undefined && (
        <p id={`${id}-hint`} className="pl-6.5 text-xs text-ink-3">
          {hint}
        </p>
      )}
      {error !== undefined && (
        <p id={`${id}-error`} role="alert" className="pl-6.5 text-xs text-bad">
          {error}
        </p>
      )}
    </div>
  );
}

type SwitchProps = Omit<ComponentProps<"button">, "onChange"> & {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
};

export function Switch({ label, checked, onChange, className, ...rest }: SwitchProps) {
  return (
    <button
      {...rest}
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      onClick={() => onChange(!checked)}
      className={cx(
        "relative inline-flex h-5 w-9 shrink-0 items-center rounded-full border transition-colors disabled:opacity-50",
        checked ? "border-accent bg-accent" : "border-control bg-sunken",
        className,
      )}
    >
      <span
        aria-hidden
        className={cx(
          "size-3.5 rounded-full shadow-1 transition-transform",
          checked ? "translate-x-[1.125rem] bg-white" : "translate-x-0.5 bg-control",
        )}
      />
    </button>
  );
}

type ChoiceProps<V extends string> = {
  label: string;
  value: V;
  options: readonly { value: V; label: string }[];
  onChange: (value: V) => void;
  className?: string;
};

/** A few choices of which one holds, side by side. */
export function Choice<V extends string>({ label, value, options, onChange, className }: ChoiceProps<V>) {
  const name = useId();
  return (
    <fieldset className={cx("inline-flex rounded-md border border-line-strong bg-sunken p-0.5", className)}>
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <label
          key={option.value}
          className="relative rounded-sm px-2.5 py-1 text-xs font-medium text-ink-2 transition-colors has-checked:bg-raised has-checked:text-ink has-checked:shadow-1 has-focus-visible:outline-2 has-focus-visible:outline-accent-ink pointer-coarse:px-3.5 pointer-coarse:py-2.5"
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="absolute inset-0 opacity-0"
          />
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
