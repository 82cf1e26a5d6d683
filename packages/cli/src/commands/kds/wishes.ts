// SPDX-License-Identifier: Apache-2.0
// What is to be fetched: what reports need, and what was asked for by name. Each thing once.

import { LayoutError } from "@greenlight/core/bytes";
import { AMD_ROOTS, kdsPath, possibleLines, vcekOfReport } from "@greenlight/core/endorsement";
import type { EndorserKind, KdsAddress, NoVcekReason } from "@greenlight/core/endorsement";
import { decodeReport, readEvidence, reportProductLine } from "@greenlight/core/evidence";
import type { ProductLine } from "@greenlight/core/evidence";
import { naming } from "../../input/named-error.ts";
import type { Source } from "../verify/sources.ts";

/** Something to be fetched. */
export interface Wish {
  /** Where it may be, likeliest first: a report of version 2 does not say its line. */
  readonly addresses: readonly KdsAddress[];
  /** How many reports need it. */
  reports: number;
}

/** A report or file for which nothing can be fetched. */
export interface Without {
  readonly name: string;
  readonly reason: string;
}

const REASONS: Readonly<Record<NoVcekReason, string>> = {
  "signed-by-vlek": "it is signed with a VLEK, which only comes with the evidence",
  "not-signed": "it is not signed: the host switched the signing key off",
  "chip-id-masked": "its chip id is masked, so its VCEK cannot be named",
  "chip-id-of-another-line": "its chip id is longer than chips of its product line have",
};

/** Wishes in the order they were made. */
export class Wishes {
  readonly #wishes = new Map<string, Wish>();
  readonly #without: Without[] = [];
  readonly #withLists: boolean;
  #reports = 0;

  /** @param withLists Wish for revocation lists too. */
  constructor(withLists: boolean) {
    this.#withLists = withLists;
  }

  get all(): readonly Wish[] {
    return [...this.#wishes.values()];
  }

  /** Reports and files for which no VCEK can be fetched. */
  get without(): readonly Without[] {
    return this.#without;
  }

  /** Reports that were read. */
  get reports(): number {
    return this.#reports;
  }

  /** Wishes for something by its address. */
  add(...addresses: readonly KdsAddress[]): void {
    const key = addresses.map(kdsPath).join(" ");
    const wish = this.#wishes.get(key) ?? { addresses, reports: 0 };
    wish.reports += 1;
    this.#wishes.set(key, wish);
  }

  /** Wishes for what every report of a line needs. */
  addLine(line: ProductLine, endorser: EndorserKind): void {
    const root = AMD_ROOTS.find((known) => known.line === line);
    const carried = endorser === "vlek" ? root?.asvk : root?.ask;
    if (carried === undefined) this.add({ kind: "cert_chain", line, endorser });
    if (this.#withLists) this.add({ kind: "CRL", line, endorser });
  }

  /**
   * Wishes for what a report needs.
   * @param given The line, for reports that do not say theirs.
   * @throws {LayoutError} {UsageError} when it cannot be read; what was met while walking through a
   * folder is only noted then.
   */
  async addReport(source: Source, given: ProductLine | undefined): Promise<void> {
    const { name } = source;
    try {
      await naming(name, () => this.#addReport(source, given));
    } catch (error) {
      if (!(source.found && error instanceof LayoutError)) throw error;
      this.#without.push({ name, reason: error.message });
    }
  }

  #addReport(source: Source, given: ProductLine | undefined): void {
    const report = decodeReport(readEvidence(source.read()).report);
    this.#reports += 1;
    const said = reportProductLine(report) ?? given;
    const lines = said === undefined ? possibleLines(report) : [said];
    const needs = lines.map((line) => ({ line, need: vcekOfReport(report, line) }));
    const addresses = needs.flatMap(({ need }) =>
      need.facts === undefined ? [] : [{ kind: "VCEK" as const, ...need.facts }],
    );
    const [first] = needs;
    if (addresses.length > 0) this.add(...addresses);
    else if (first?.need.facts === undefined && first !== undefined) {
      this.#without.push({ name: source.name, reason: REASONS[first.need.reason] });
    }
    // The lists of a line that the report may turn out not to be of are not asked for.
    const isVlek = first?.need.facts === undefined && first?.need.reason === "signed-by-vlek";
    if (said !== undefined) this.addLine(said, isVlek ? "vlek" : "vcek");
    else if (this.#withLists)
      for (const line of lines) this.addLine(line, isVlek ? "vlek" : "vcek");
  }
}
