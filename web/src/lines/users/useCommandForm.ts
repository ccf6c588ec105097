// A form whose values go to a command: what is wrong with one stands beside its field, whoever says so.

import { zodResolver } from "@hookform/resolvers/zod";
import { type DefaultValues, type FieldValues, type Path, useForm } from "react-hook-form";
import type { $ZodType } from "zod/v4/core";
import { useRefusal } from "@/ui";

/** What a form asks of its command. */
export type FormCommand<Typed> = {
  mutate: (typed: Typed, then?: { onSuccess: () => void }) => void;
  error: unknown;
  isPending: boolean;
};

type CommandForm<Typed extends FieldValues> = {
  schema: $ZodType<Typed, Typed>;
  blank: DefaultValues<Typed> & Typed;
  command: FormCommand<Typed>;
  /** To which field a code of the server belongs. */
  places?: Record<string, Path<Typed>>;
};

export function useCommandForm<Typed extends FieldValues>({ schema, blank, command, places }: CommandForm<Typed>) {
  const form = useForm<Typed>({ resolver: zodResolver(schema), defaultValues: blank });
  const refusal = useRefusal(command.error, Object.keys(blank), places);
  const { errors } = form.formState;
  return {
    form,
    // What proves who somebody is stays in no field for longer than it is needed.
    submit: form.handleSubmit((typed) => command.mutate(typed, { onSuccess: () => form.reset() })),
    /** What was refused, where it is about no field. */
    problem: refusal.rest,
    wrong: (name: Path<Typed>) => (errors[name]?.message as string | undefined) ?? refusal.at(name),
  };
}
