// SPDX-License-Identifier: Apache-2.0
// How a made ID block is printed: readable, as JSON, or as one of the peers' tools prints it.

import { base64Encode, hexEncode } from "@greenlight/core/bytes";
import { formatGuestPolicy } from "@greenlight/core/launch";
import type { IdBlock } from "@greenlight/core/id-block";
import { pairs } from "../../output/table.ts";

/** An ID block with everything that belongs to it. */
export interface MadeIdBlock {
  readonly fields: IdBlock;
  /** 96 bytes. */
  readonly idBlock: Uint8Array;
  /** 4096 bytes. */
  readonly idAuth: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  /** Null without author key. */
  readonly authorKeyDigest: Uint8Array | null;
}

/** The properties of QEMU's sev-snp-guest object that make it use the ID block. */
function qemuProperties({ fields, idBlock, idAuth, authorKeyDigest }: MadeIdBlock): string {
  const author = authorKeyDigest === null ? "" : ",author-key-enabled=on";
  const blocks = `id-block=${base64Encode(idBlock)},id-auth=${base64Encode(idAuth)}`;
  return `policy=0x${fields.policy.toString(16)},${blocks}${author}`;
}

/** For people. */
export function asText(made: MadeIdBlock): string {
  const { fields, idKeyDigest, authorKeyDigest } = made;
  const rows = pairs([
    ["launch digest", hexEncode(fields.launchDigest)],
    ["family id", hexEncode(fields.familyId)],
    ["image id", hexEncode(fields.imageId)],
    ["guest SVN", String(fields.guestSvn)],
    ["guest policy", formatGuestPolicy(fields.policy)],
    ["ID key digest", hexEncode(idKeyDigest)],
    ["author key digest", authorKeyDigest === null ? "no author key" : hexEncode(authorKeyDigest)],
  ]);
  const qemu = `Properties for QEMU's -object sev-snp-guest\n${qemuProperties(made)}`;
  return `ID block and ID authentication information\n\n${rows}\n\n${qemu}\n`;
}

/** As `snp-create-id-block` of sev-snp-measure prints it, byte for byte. */
export function asSnpCreateIdBlock({ idBlock, idAuth, ...digests }: MadeIdBlock): string {
  const { idKeyDigest, authorKeyDigest } = digests;
  const lines = [
    `id-block=${base64Encode(idBlock)},id-auth=${base64Encode(idAuth)}`,
    `id_key_hash: ${base64Encode(idKeyDigest)}`,
    ...(authorKeyDigest === null ? [] : [`author_key: ${base64Encode(authorKeyDigest)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** As `snpguest generate id-block` prints it, byte for byte. */
export function asSnpguest({ idBlock, idAuth }: MadeIdBlock): string {
  return `ID-BLOCK:\n${base64Encode(idBlock)}\nAUTH-BLOCK:\n${base64Encode(idAuth)}\n`;
}

/** What `--json` prints, as a value. */
export function asJsonValue(made: MadeIdBlock): object {
  const { fields, idBlock, idAuth, idKeyDigest, authorKeyDigest } = made;
  return {
    schema: "greenlight/idblock-make/v1",
    ...fields,
    idBlock: base64Encode(idBlock),
    idAuth: base64Encode(idAuth),
    idKeyDigest,
    authorKeyDigest,
    qemu: qemuProperties(made),
  };
}
