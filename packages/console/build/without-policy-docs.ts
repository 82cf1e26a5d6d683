// SPDX-License-Identifier: Apache-2.0
// Leaves the documentation of policy fields out of the page, a twentieth of its weight: reading a policy
// needs the fields' schemas, and only `greenlight policy explain` and the reference need their words.

import { parseAst } from "vite";
import type { Plugin } from "vite";

/** Where fields are declared, as `field(schema, fallback, documentation)`. */
const SCHEMA = /\/core\/src\/appraisal\/policy\/schema-\w+\.ts$/;

/** What stands in the place of a documentation; nothing on the page asks for it. */
const NONE = `{ meaning: "", demands: () => undefined, open: "" }`;

/** A node of the syntax tree, as far as it is looked at. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly callee?: { readonly name?: string };
  readonly arguments?: readonly Node[];
}

/**
 * The plugin.
 * @throws Error in the build when a file of fields declares none: then they are declared otherwise.
 */
export function withoutPolicyDocs(): Plugin {
  return {
    name: "without-policy-docs",
    // After types were removed.
    enforce: "post",
    transform: {
      filter: { id: SCHEMA },
      handler(code, id) {
        const docs = [...nodes(parseAst(code))].filter(isField).map((call) => call.arguments[2]!);
        if (docs.length === 0) throw new Error(`${id} declares no fields`);
        let rest = code;
        // From the end on, so that positions stay right.
        for (const { start, end } of docs.toSorted((a, b) => b.start - a.start)) {
          rest = rest.slice(0, start) + NONE + rest.slice(end);
        }
        return { code: rest, map: null };
      },
    },
  };
}

function isField(node: Node): node is Node & Required<Pick<Node, "arguments">> {
  const { type, callee, arguments: given } = node;
  return type === "CallExpression" && callee?.name === "field" && given?.length === 3;
}

function* nodes(value: unknown): Generator<Node> {
  if (typeof value !== "object" || value === null) return;
  if ("type" in value && typeof value.type === "string") yield value as Node;
  for (const child of Object.values(value)) yield* nodes(child);
}
