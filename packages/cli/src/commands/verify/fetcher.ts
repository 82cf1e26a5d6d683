// SPDX-License-Identifier: Apache-2.0
// What was missing and could be had: asked for when it is missed, and kept for the reports after it.

import type { Need } from "@greenlight/core/endorsement";
import type { SuppliedCertificate } from "@greenlight/core/evidence";
import type { KdsOpener } from "../../kds/options.ts";

/** What could be had of what was missing, and why the rest could not. */
export interface Fetched {
  readonly certificates: readonly SuppliedCertificate[];
  readonly problems: readonly string[];
  /**
   * Forgets what was kept from an earlier time, so that it is asked for anew; absent when nothing of it
   * was.
   */
  readonly forget?: () => void;
}

/** Certificates and lists of a batch are few: three product lines with two kinds of keys. */
const MOST_KEPT = 32;

/** Fetches, and remembers what serves more than one report. */
export class Fetcher {
  readonly #open: KdsOpener;
  /**
   * Signing keys of AMD and lists, by the kind of key whose reports they were fetched for: nothing in a
   * list says whether it is of the VCEK or the VLEK path, only where it came from.
   */
  readonly #kept = new Map<SigningKind, SuppliedCertificate[]>();

  /** @param open Opens the client when something is missing for the first time. */
  constructor(open: KdsOpener) {
    this.#open = open;
  }

  /** What was fetched for earlier reports and may serve this one. */
  kept(report: Uint8Array): readonly SuppliedCertificate[] {
    return this.#kept.size === 0 ? [] : (this.#kept.get(signingKind(report)) ?? []);
  }

  /** Asks for what a report needs. */
  async fetch(report: Uint8Array, needs: readonly Need[]): Promise<Fetched> {
    const client = await this.#open();
    if (client === undefined) return { certificates: [], problems: [] };
    const { fetchNeeds } = await import("../../kds/needs.ts");
    const { certificates, problems, notes, answers } = await fetchNeeds(client, needs);
    const cached = answers.filter(({ origin }) => origin === "cache");
    this.#keep(signingKind(report), certificates);
    return {
      certificates,
      problems: [...problems.map(({ message }) => message), ...notes],
      ...(cached.length === 0
        ? {}
        : {
            forget: () => this.#forget(() => cached.forEach((one) => client.forget(one.address))),
          }),
    };
  }

  #keep(kind: SigningKind, certificates: readonly SuppliedCertificate[]): void {
    const known = this.#kept.get(kind) ?? [];
    const isKnown = ({ der }: SuppliedCertificate): boolean =>
      known.some((other) => Buffer.compare(other.der, der) === 0);
    for (const certificate of certificates) {
      const { role } = certificate;
      const serves = role === "CRL" || role === "ASK" || role === "ASVK";
      if (serves && known.length < MOST_KEPT && !isKnown(certificate)) known.push(certificate);
    }
    if (known.length > 0) this.#kept.set(kind, known);
  }

  #forget(alsoThere: () => void): void {
    this.#kept.clear();
    alsoThere();
  }
}

type SigningKind = "VLEK" | "other";

/** Offset of KEY_INFO in a report, whose bits 4:2 are SIGNING_KEY; 1 is the VLEK. */
const KEY_INFO = 0x48;

function signingKind(report: Uint8Array): SigningKind {
  return (((report[KEY_INFO] ?? 0) >> 2) & 7) === 1 ? "VLEK" : "other";
}
