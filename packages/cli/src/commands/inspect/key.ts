// SPDX-License-Identifier: Apache-2.0
// The view of a P-384 key: its public half and the digest attestation reports carry for it. Private
// values never get this far.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import { ECDSA_PUBLIC_KEY, keyDigest, publicKeyFromAmd } from "@greenlight/core/id-block";
import { pairs } from "../../output/table.ts";
import { fieldsToJson } from "./view.ts";
import type { ArtefactOf, View } from "./view.ts";

/** The view of a key. The dump is of AMD's form of the public key, not of the file. */
export function keyView(artefact: ArtefactOf<"private-key" | "public-key">): View {
  const { kind, publicKey, container } = artefact;
  const point = publicKeyFromAmd(publicKey);
  const digest = hexEncode(keyDigest(publicKey));
  const x = hexEncode(point.subarray(0, 48));
  const y = hexEncode(point.subarray(48));
  const fields = annotate(ECDSA_PUBLIC_KEY, publicKey);
  const isPrivate = kind === "private-key";
  return {
    summary: `${container}${isPrivate ? "; the private value is not shown" : ""}`,
    blocks: [
      pairs([
        ["key digest, as ID_KEY_DIGEST or AUTHOR_KEY_DIGEST of a report", digest],
        ["public key, x", x],
        ["public key, y", y],
      ]),
    ],
    findings: [],
    json: { container, keyDigest: digest, x, y, publicKey, fields: fieldsToJson(fields) },
    dump: [{ title: "Public key as ID authentication holds it", bytes: publicKey, fields }],
  };
}
