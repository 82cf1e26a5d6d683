// SPDX-License-Identifier: Apache-2.0
// All fields of a policy in their order: their paths, values and documentation.

import { FIELD_DOCS } from "./field.ts";
import type { AnyFieldDoc } from "./field.ts";
import { shapeOf } from "./parse.ts";
import { POLICY } from "./schema.ts";
import type { Policy } from "./types.ts";

/** A field of a policy. */
export interface PolicyField extends AnyFieldDoc {
  readonly path: readonly string[];
}

/** Every field that demands something. */
export function policyFields(): readonly PolicyField[] {
  return fieldsOf(POLICY, []);
}

/** The value of a field in a policy. */
export function fieldValue(policy: Policy, path: readonly string[]): unknown {
  let value: unknown = policy;
  for (const step of path) value = memberOf(value, step);
  return value;
}

function fieldsOf(schema: unknown, path: readonly string[]): readonly PolicyField[] {
  return Object.entries(shapeOf(schema)).flatMap(([name, member]) => {
    const here = [...path, name];
    const doc = docOf(member);
    return doc === undefined ? fieldsOf(member, here) : [{ ...doc, path: here }];
  });
}

function docOf(schema: unknown): AnyFieldDoc | undefined {
  return isRegistered(schema) ? FIELD_DOCS.get(schema) : undefined;
}

function isRegistered(schema: unknown): schema is Parameters<typeof FIELD_DOCS.get>[0] {
  return typeof schema === "object" && schema !== null && "_zod" in schema;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
