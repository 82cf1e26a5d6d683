// SPDX-License-Identifier: Apache-2.0
// The view of ID authentication information: which keys vouch for an ID block.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import {
  CURVES,
  ECDSA_PUBLIC_KEY,
  ID_AUTH,
  SIGNATURE_ALGORITHMS,
  checkIdAuth,
  keyDigest,
} from "@greenlight/core/id-block";
import { pairs } from "../../output/table.ts";
import { fieldsToJson } from "./view.ts";
import type { View } from "./view.ts";

/** The view of ID authentication information, 4096 bytes, broken ones too. */
export async function idAuthView(bytes: Uint8Array): Promise<View> {
  const fields = annotate(ID_AUTH, bytes);
  const id = keyOf(bytes, "ID");
  const author = keyOf(bytes, "author");
  return {
    summary: author === null ? "without author key" : "with author key",
    blocks: [
      keyBlock("ID key, signs the ID block", id),
      author === null ? "Author key: none" : keyBlock("Author key, signs the ID key", author),
      "The ID key's signature covers the ID block, which is not in this file; check it\n" +
        "with `greenlight idblock verify`.",
    ],
    findings: await checkIdAuth(bytes),
    json: { idKey: id, authorKey: author, fields: fieldsToJson(fields) },
    dump: [{ title: ID_AUTH.name, bytes, fields }],
  };
}

interface KeyInfo {
  readonly algorithm: { readonly value: number; readonly name: string };
  readonly curve: { readonly value: number; readonly name: string };
  /** SHA-384 of the 1028 bytes, as reports carry it. */
  readonly digest: string;
}

/** A key's numbers and digest; null for an author key of which nothing is there. */
function keyOf(auth: Uint8Array, who: "ID"): KeyInfo;
function keyOf(auth: Uint8Array, who: "author"): KeyInfo | null;
function keyOf(auth: Uint8Array, who: "ID" | "author"): KeyInfo | null {
  const isId = who === "ID";
  const view = new DataView(auth.buffer, auth.byteOffset, auth.byteLength);
  const offset = ID_AUTH.offsetOf(isId ? "idKey" : "authorKey");
  const key = auth.subarray(offset, offset + ECDSA_PUBLIC_KEY.size);
  const algorithm = view.getUint32(ID_AUTH.offsetOf(isId ? "idKeyAlgo" : "authKeyAlgo"), true);
  if (!isId && algorithm === 0 && key.every((byte) => byte === 0)) return null;
  const curve = view.getUint32(offset + ECDSA_PUBLIC_KEY.offsetOf("curve"), true);
  return {
    algorithm: named(SIGNATURE_ALGORITHMS, algorithm),
    curve: named(CURVES, curve),
    digest: hexEncode(keyDigest(key)),
  };
}

function keyBlock(title: string, { algorithm, curve, digest }: KeyInfo): string {
  const rows = pairs([
    ["algorithm", `${algorithm.value} (${algorithm.name})`],
    ["curve", `${curve.value} (${curve.name})`],
    ["key digest", digest],
  ]);
  return `${title}\n${rows}`;
}

function named(
  names: Readonly<Record<string, number>>,
  value: number,
): { readonly value: number; readonly name: string } {
  const name = Object.entries(names).find(([, known]) => known === value)?.[0] ?? "unknown";
  return { value, name };
}
