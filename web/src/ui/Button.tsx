// Buttons, and links that look like them.

import { LoaderCircle } from "lucide-react";
import type { ComponentProps, ReactNode } from "react";
import { Link, type LinkProps } from "react-router";
import { cx } from "./cx";

type Look = {
  variant?: "primary" | "secondary" | "ghost" | "danger";
  size?: "sm" | "md" | "lg";
  icon?: ReactNode;
};

const BASE =
  "inline-flex items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap select-none " +
  "transition-[background-color,border-color,color,opacity] duration-100 disabled:opacity-55 " +
  "[&_svg]:size-4 [&_svg]:shrink-0";
const VARIANTS = {
  primary: "bg-accent text-on-accent shadow-1 hover:bg-accent-hover disabled:hover:bg-accent",
  secondary:
    "border border-line-strong bg-surface text-ink shadow-1 hover:bg-hover disabled:hover:bg-surface",
  ghost: "text-ink-2 hover:bg-hover hover:text-ink",
  danger: "bg-bad text-on-bad shadow-1 hover:bg-bad-hover disabled:hover:bg-bad",
};
const SIZES = {
  sm: "h-7 px-2.5 text-xs pointer-coarse:h-9",
  md: "h-9 px-3.5 text-sm pointer-coarse:h-11",
  lg: "h-11 px-5 text-base",
};

const look = ({ variant = "secondary", size = "md" }: Look, className?: string) =>
  cx(BASE, VARIANTS[variant], SIZES[size], className);

type ButtonProps = ComponentProps<"button"> & Look & { pending?: boolean };

/** While it is pending it stays focused and does nothing. */
export function Button({
  variant,
  size,
  icon,
  pending = false,
  className,
  children,
  onClick,
  type = "button",
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      aria-busy={pending || undefined}
      aria-disabled={pending || undefined}
      onClick={pending ? (event) => event.preventDefault() : onClick}
      className={look({ ...(variant && { variant }), ...(size && { size }) }, className)}
    >
      {pending ? <LoaderCircle aria-hidden className="animate-spin" /> : icon}
      {children}
    </button>
  );
}

export function ButtonLink({
  variant,
  size,
  icon,
  className,
  children,
  ...rest
}: LinkProps & Look) {
  return (
    <Link {...rest} className={look({ ...(variant && { variant }), ...(size && { size }) }, className)}>
      {icon}
      {children}
    </Link>
  );
}

type IconButtonProps = ComponentProps<"button"> & {
  /** What it does: said to whoever cannot see it, and shown to whoever points at it. */
  label: string;
  size?: "sm" | "md";
};

export function IconButton({ label, size = "md", className, type = "button", ...rest }: IconButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      aria-label={label}
      title={label}
      className={cx(
        "inline-flex shrink-0 items-center justify-center rounded-md text-ink-2 transition-colors hover:bg-hover hover:text-ink disabled:opacity-50 [&_svg]:size-4",
        size === "sm" ? "size-7 pointer-coarse:size-9" : "size-9 pointer-coarse:size-11",
        className,
      )}
    />
  );
}
