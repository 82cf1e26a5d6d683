// SPDX-License-Identifier: Apache-2.0
// A field of a policy: declared once, with its schema, its default, its meaning and what it says in
// words. Parsing, the JSON Schema, `policy explain` and the reference come from the declaration.

import * as z from "zod/mini";

/** What a field means and where that comes from. */
export interface FieldDoc<T> {
  /** One sentence: what the field demands. */
  readonly meaning: string;
  /** Document and section; absent where the field is ours alone. */
  readonly source?: string;
  /** The demand in a sentence; undefined when this value demands nothing. */
  readonly demands: (value: T) => string | undefined;
  /** What is let through when nothing is demanded, in a sentence. */
  readonly open: string | ((value: T) => string);
  /** Whether letting that through should be told loudly. */
  readonly grave?: true;
}

/** A field's documentation, whatever the type of its value. */
export type AnyFieldDoc = Omit<FieldDoc<unknown>, "open"> & {
  readonly fallback: unknown;
  readonly open: (value: unknown) => string;
};

/** Documentation of every field by its schema. */
export const FIELD_DOCS = z.registry<AnyFieldDoc>();

/** A field that may be left out of a file. */
export function field<S extends z.ZodMiniType>(
  schema: S,
  fallback: z.util.NoUndefined<z.output<S>>,
  doc: FieldDoc<z.output<S>>,
) {
  const complete = z._default(schema, fallback);
  FIELD_DOCS.add(complete, {
    ...doc,
    fallback,
    demands: (value) => doc.demands(schema.parse(value)),
    open: (value) => (typeof doc.open === "string" ? doc.open : doc.open(schema.parse(value))),
  });
  return complete;
}
