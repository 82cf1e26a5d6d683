// SPDX-License-Identifier: Apache-2.0
// The view of a revocation list: from when to when it holds, and what it revokes.

import { hexEncode } from "@greenlight/core/bytes";
import { sha256 } from "@greenlight/core/crypto";
import type { RevocationList, RevokedCertificate } from "@greenlight/core/endorsement";
import { formatInstant } from "../../input/instant.ts";
import { pairs, table } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { dumpFields, otherExtensions, serialText, signatureRows } from "./certificate-words.ts";
import { fieldsToJson } from "./view.ts";
import type { ArtefactOf, View, ViewOptions } from "./view.ts";

/** Rows shown without -v. */
const FEW = 20;
const SHOWN = new Set(["2.5.29.20", "2.5.29.35"]);

/** The view of a revocation list. */
export function crlView(
  { container, list, otherBlocks }: ArtefactOf<"crl">,
  { verbose }: ViewOptions,
): View {
  const { der, issuer, thisUpdate, nextUpdate, crlNumber, revoked, signatureAlgorithm } = list;
  const { extensions, authorityKeyId, signature } = list;
  const fields = dumpFields(der, [
    ["issuer", issuer.raw, issuer.text],
    ...extensions.map(
      ({ oid, value }) => [`extension ${oid}`, value, `${value.length} bytes`] as const,
    ),
    ["signature", signature, `${signature.length} bytes`],
  ]);
  const others =
    otherBlocks === 0
      ? []
      : [`The file also holds certificates or further lists (${otherBlocks}), not shown.`];
  return {
    summary: `${container}, of ${issuer.commonName ?? issuer.text}`,
    blocks: [pairs(rowsOf(list, verbose)), revokedBlock(revoked, verbose), ...others],
    findings: [],
    json: {
      container,
      sha256: sha256(der),
      issuer: issuer.text,
      thisUpdate: formatInstant(thisUpdate),
      nextUpdate: nextUpdate === undefined ? undefined : formatInstant(nextUpdate),
      crlNumber,
      authorityKeyId,
      revoked: revoked.map(({ serial, date, reason }) => ({
        serial,
        date: formatInstant(date),
        reason,
      })),
      signatureAlgorithm,
      signature,
      extensions,
      fields: fieldsToJson(fields),
    },
    dump: [{ title: "Revocation list", bytes: der, fields }],
  };
}

/** Everything that is said of a list, for comparing it with another. */
export function crlRows({ list }: ArtefactOf<"crl">): readonly Pair[] {
  const entries = list.revoked.map(({ serial, date, reason }): Pair => [
    `revoked ${serialText(serial)}`,
    `${formatInstant(date)}, reason ${reason ?? "not said"}`,
  ]);
  return [...rowsOf(list, true), ...entries];
}

function rowsOf(list: RevocationList, verbose: boolean): readonly Pair[] {
  const { issuer, thisUpdate, nextUpdate, crlNumber, signatureAlgorithm } = list;
  const { extensions, authorityKeyId } = list;
  const [extension, ...more] = otherExtensions(extensions, (oid) => SHOWN.has(oid));
  const rows: Pair[] = [
    ["issuer", issuer.text],
    ["issued", formatInstant(thisUpdate)],
    ["next one by", nextUpdate === undefined ? "not said" : formatInstant(nextUpdate)],
    ["number", crlNumber === undefined ? "none" : String(crlNumber)],
    ...signatureRows(signatureAlgorithm),
  ];
  if (verbose && authorityKeyId !== undefined) {
    rows.push(["authority key id", hexEncode(authorityKeyId)]);
  }
  if (extension !== undefined) rows.push(["other extensions", extension, ...more]);
  rows.push(["SHA-256 of the list", hexEncode(sha256(list.der))]);
  return rows;
}

function revokedBlock(revoked: readonly RevokedCertificate[], verbose: boolean): string {
  if (revoked.length === 0) return "Nothing is revoked.";
  const shown = verbose ? revoked : revoked.slice(0, FEW);
  const rows = shown.map(({ serial, date, reason }) => [
    serialText(serial),
    formatInstant(date),
    reason ?? "not said",
  ]);
  const left = revoked.length - shown.length;
  const rest = left === 0 ? "" : `\n  There are ${left} more; -v shows them.`;
  const columns = [{ title: "revoked serial" }, { title: "since" }, { title: "reason" }];
  return `${table(columns, rows)}${rest}`;
}
