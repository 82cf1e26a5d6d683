// SPDX-License-Identifier: Apache-2.0
// What a KDS answers to a path, after AMD's own (AMD 57230, section 4; CEK and ASK/ARK files as on AMD's
// developer pages). Nothing is fetched or sent here.

import { LayoutError } from "@greenlight/core/bytes";
import { parseKdsUrl } from "@greenlight/core/endorsement";
import type { KdsAddress } from "@greenlight/core/endorsement";
import { PRODUCT_LINES } from "@greenlight/core/evidence";
import type { KdsSubject } from "./source.ts";

/** An answer. */
export interface KdsAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Uint8Array;
}

const DAY = 86_400_000;

/** How long a revocation list is good for, as AMD's of 2026. */
const LIST_DAYS = 45;

/**
 * The answer to a GET.
 * @param path Path and query.
 * @param now Milliseconds since 1970; revocation lists begin on the day before.
 */
export function answerPath(path: string, subjects: readonly KdsSubject[], now: number): KdsAnswer {
  const legacy = legacyAnswer(path, subjects);
  if (legacy !== undefined) return legacy;
  if (/^\/vlek\/v1\/[^/]+\/cert(\?|$)/.test(path)) {
    return text(401, "VLEK certificates are for providers");
  }
  let address: KdsAddress;
  try {
    address = parseKdsUrl(path).address;
  } catch (error) {
    if (error instanceof LayoutError) return text(404, error.message);
    throw error;
  }
  const subject = subjects.find((each) => each.line === address.line && knows(each, address));
  if (subject?.hierarchy === undefined) return text(404, "not known here");
  return snpAnswer(address, subject.hierarchy, now);
}

function knows({ chipId, hierarchy }: KdsSubject, address: KdsAddress): boolean {
  if (hierarchy === undefined) return false;
  if (address.kind !== "VCEK" || chipId === undefined) return true;
  return address.hwId.every((byte, i) => byte === chipId[i]);
}

function snpAnswer(
  address: KdsAddress,
  hierarchy: NonNullable<KdsSubject["hierarchy"]>,
  now: number,
): KdsAnswer {
  if (address.kind === "VCEK") {
    const chipId = new Uint8Array(64);
    chipId.set(address.hwId);
    return binary(hierarchy.vcek({ chipId, tcb: address.tcb }).der);
  }
  if (address.kind === "CRL") {
    const today = Math.floor(now / DAY) * DAY;
    const nextUpdate = today + LIST_DAYS * DAY;
    return binary(hierarchy.crl({ thisUpdate: today - DAY, nextUpdate }));
  }
  const signing = address.endorser === "vlek" ? hierarchy.asvk : hierarchy.ask;
  // Turin's chains have Windows line ends, all others do not.
  const end = PRODUCT_LINES[address.line].structVersion === 1 ? "\r\n" : "\n";
  const body = Buffer.from([signing.der, hierarchy.ark.der].map((der) => pem(der, end)).join(""));
  return { status: 200, type: "application/x-pem-file", body };
}

/** CEK certificates, and ASK and ARK one after the other. */
function legacyAnswer(path: string, subjects: readonly KdsSubject[]): KdsAnswer | undefined {
  const [, chip] = /^\/cek\/id\/([0-9a-fA-F]+)$/.exec(path) ?? [];
  if (chip !== undefined) {
    const wanted = chip.toLowerCase();
    const subject = subjects.find(
      ({ chipId }) => chipId !== undefined && Buffer.from(chipId).toString("hex") === wanted,
    );
    return subject?.signedCek === undefined
      ? text(404, "no such chip")
      : binary(subject.signedCek());
  }
  const [, line] =
    /^\/(?:developer\/eula\/sev|wp-content\/resources)\/ask_ark_([a-z]+)\.cert$/.exec(path) ?? [];
  if (line === undefined) return undefined;
  const subject = subjects.find((each) => each.line.toLowerCase() === line);
  if (subject?.authorities === undefined) return text(404, "no such product line");
  const { ask, ark } = subject.authorities;
  return binary(Uint8Array.from(Buffer.concat([ask, ark])));
}

/** PEM of a certificate. */
export function pem(der: Uint8Array, end = "\n"): string {
  const body = Buffer.from(der).toString("base64");
  const lines = body.match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join(end);
}

function binary(body: Uint8Array): KdsAnswer {
  return { status: 200, type: "application/octet-stream", body };
}

function text(status: number, words: string): KdsAnswer {
  return { status, type: "text/plain; charset=utf-8", body: Buffer.from(`${words}\n`) };
}
