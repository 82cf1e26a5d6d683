// SPDX-License-Identifier: Apache-2.0
// Changing single fields of a policy from the command line: `guest.svn.minimum=4`.

import { PolicyError } from "./error.ts";
import { parsePolicy } from "./parse.ts";
import type { Policy } from "./types.ts";

/** Deepest field there is, and some more. */
const MAX_DEPTH = 8;

/**
 * The policy with one field set. The value is a number, a word, or a list in brackets:
 * `guest.vmpl=[0, 1]`, `evidence.productLines=[Genoa, Turin]`, `guest.measurements=DIGEST`.
 * @throws {PolicyError} for text of another form, and as {@link parsePolicy}.
 */
export function applyOverride(policy: Policy, text: string): Policy {
  const [, left = "", right = ""] = /^([A-Za-z0-9.]+)\s*=(.*)$/s.exec(text.trim()) ?? [];
  const path = left.split(".");
  if (path.includes("") || path.length > MAX_DEPTH) {
    throw new PolicyError({
      code: "bad-value",
      path: [],
      reason: `${JSON.stringify(text.slice(0, 60))} does not set a field`,
      hint: "write FIELD=VALUE, such as guest.svn.minimum=4",
    });
  }
  return parsePolicy(withMember(policy, path, valueOf(right.trim())));
}

function withMember(target: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const isMapping = typeof target === "object" && target !== null && !Array.isArray(target);
  const members = new Map<string, unknown>(isMapping ? Object.entries(target) : []);
  members.set(name, withMember(members.get(name), rest, value));
  return Object.fromEntries(members);
}

function valueOf(text: string): unknown {
  if (/^[{"]/.test(text)) return parsedOr(text, text);
  if (!text.startsWith("[")) return scalarOf(text);
  const inner = text.replace(/^\[/, "").replace(/\]$/, "").trim();
  const elements = inner === "" ? [] : inner.split(",").map((part) => scalarOf(part.trim()));
  return /[{"]/.test(inner) ? parsedOr(text, elements) : elements;
}

/** Versions such as 1.50 and digests are not numbers, whatever JSON makes of them. */
function scalarOf(text: string): unknown {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  return text;
}

function parsedOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return otherwise;
    throw error;
  }
}
