// SPDX-License-Identifier: Apache-2.0
// A name for a policy that says what it demands: two policies of one name differ when a field does.

import { sha256 } from "#crypto";
import { base64Encode } from "../../bytes/index.ts";
import type { Policy } from "../policy/types.ts";

/**
 * The policy as a named-information URI (RFC 6920): SHA-256 of its canonical JSON (RFC 8785) with every
 * field filled in. The same for whatever file it came from.
 */
export function policyId(policy: Policy): string {
  const digest = sha256(new TextEncoder().encode(canonicalJson(policy)));
  return `ni:///sha-256;${base64Url(digest)}`;
}

/** Base64 for URLs without padding (RFC 4648 section 5). */
export function base64Url(bytes: Uint8Array): string {
  return base64Encode(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Policies hold texts, whole numbers, booleans, lists and mappings: what RFC 8785 orders by names. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
