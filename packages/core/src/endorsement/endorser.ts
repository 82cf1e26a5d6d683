// SPDX-License-Identifier: Apache-2.0
// Proving a report genuine: its signature by a VCEK or VLEK, that one's chain to a pinned root, and that
// the key is of this report's chip, product line and TCB. Verified keys are kept, so that a further report
// of the same chip costs one signature verification.

import { hexEncode } from "../bytes/index.ts";
import { sha256 } from "#crypto";
import { signatures as platformSignatures } from "#signature";
import { equalBytes } from "../crypto/equal.ts";
import type { SignatureVerifier } from "../crypto/signature.ts";
import { productLineOfCpu } from "../evidence/product.ts";
import type { ProductLine } from "../evidence/product.ts";
import {
  ATTESTATION_REPORT,
  REPORT_SOURCE,
  decodeReport,
  reportCpu,
  reportSignature,
  signedPart,
} from "../evidence/report.ts";
import type { Report } from "../evidence/report.ts";
import type { Finding } from "../finding/index.ts";
import { AuthorityChain } from "./authority-chain.ts";
import { BoundedCache } from "./bounded-cache.ts";
import type { Certificate } from "./certificate.ts";
import { checkProduct } from "./check-binding.ts";
import { checkSigner } from "./check-signer.ts";
import type { Signer } from "./check-signer.ts";
import { checkPresence, checkReadable, checkSuppliedRoots } from "./check-supplied.ts";
import { checkVek } from "./check-vek.ts";
import type { CheckedVek, VekIssuer } from "./check-vek.ts";
import { endorsementOf, findingsOfChain, findingsOfVek, needsOf } from "./conclude.ts";
import type { Found } from "./conclude.ts";
import type { EndorseInput, EndorseResult, VekKind } from "./endorsement.ts";
import { RevocationChecker } from "./revocation.ts";
import { AMD_ROOTS } from "./roots.ts";
import type { TrustRoot } from "./roots.ts";
import { skipped } from "./skipped.ts";
import { Sorter, chooseVek, readCertificate } from "./supplied.ts";
import type { Supplied, VekChoice } from "./supplied.ts";

/** What an {@link Endorser} trusts and uses. */
export interface EndorserOptions {
  /** Trusted roots, in place of AMD's: give `[...AMD_ROOTS, other]` to trust another one as well. */
  readonly roots?: readonly TrustRoot[];
  /** Default: the platform's. */
  readonly signatures?: SignatureVerifier;
  /** How many verified VCEKs and VLEKs are kept, about 6 kB each. Default 1024. */
  readonly cacheEntries?: number;
}

const SIGNED = {
  VCEK: signedBy("VCEK"),
  VLEK: signedBy("VLEK"),
};

const NOT_CHECKABLE = skipped(
  ["snp.report.signature"],
  "the report says that it carries no signature that is known here",
)[0]!;

function signedBy(kind: VekKind): Finding {
  const title = `The report is signed by the key of the ${kind}`;
  return Object.freeze({ id: "snp.report.signature", outcome: "pass", title });
}

/** Proves reports genuine. One serves any number of reports, also at the same time. */
export class Endorser {
  readonly #signatures: SignatureVerifier;
  readonly #chains: readonly AuthorityChain[];
  readonly #sorter: Sorter;
  readonly #revocation: RevocationChecker;
  /** Only what verified is in here. */
  readonly #veks: BoundedCache<CheckedVek>;

  /** @throws {RangeError} unless `cacheEntries` is a whole number from 1 on. */
  constructor(options: EndorserOptions = {}) {
    const { roots = AMD_ROOTS, signatures = platformSignatures, cacheEntries = 1024 } = options;
    this.#signatures = signatures;
    this.#chains = roots.map((root) => new AuthorityChain(root, signatures));
    this.#sorter = new Sorter(cacheEntries);
    this.#revocation = new RevocationChecker(signatures);
    this.#veks = new BoundedCache(cacheEntries);
  }

  /**
   * Judges a report and the certificates that came for it. Every check is reported, whatever others came
   * to. The bytes must not change before the promise is settled.
   * @throws {LayoutError} when `report` is not the decoding of `reportBytes` and these are no report.
   */
  async endorse(input: EndorseInput): Promise<EndorseResult> {
    const { at, allowMaskedChipId } = input;
    const report = reportOf(input);
    const cpu = reportCpu(report);
    const line = cpu === undefined ? undefined : productLineOfCpu(cpu);
    const signer = checkSigner(report, allowMaskedChipId);
    const { kind } = signer;
    const supplied = this.#sorter.sort(input.certificates, kind);
    // What is there at once is not waited for: each turn of the queue costs a few microseconds, and of a
    // further report of a known key everything is there.
    const finding = this.#find(signer, supplied, line, at);
    const found = finding instanceof Promise ? await finding : finding;
    const { ark, intermediate } = found;
    const state = this.#revocation.check(ark, intermediate, supplied.lists, input.revocation, at);
    const revocation = state instanceof Promise ? await state : state;
    const checked = this.#checkSignature(report, input.reportBytes, signer, found.vek);
    const signature = checked instanceof Promise ? await checked : checked;
    // concat() makes one array; spreading into a literal grows it several times over.
    const findings: readonly Finding[] = signer.findings.concat(
      checkProduct(report, line),
      findingsOfVek(found, report, signer, at),
      checkReadable(supplied),
      checkSuppliedRoots(supplied, this.#chains, found.chain, intermediate),
      findingsOfChain(found, kind, at),
      revocation.findings,
      signature,
    );
    const endorsement = endorsementOf(found, findings, revocation);
    const known = found.vek?.trusted === true ? found.chain?.line : line;
    return {
      findings,
      ...(endorsement === undefined ? {} : { endorsement }),
      ...(known === undefined ? {} : { line: known }),
      needs: needsOf(found, report, signer, line, revocation),
    };
  }

  /** Finds the VCEK or VLEK and what it hangs on. */
  #find(
    signer: Signer,
    supplied: Supplied,
    line: ProductLine | undefined,
    at: number,
  ): Found | Promise<Found> {
    const { kind } = signer;
    if (kind === undefined) return { named: false, missing: false };
    const choice = chooseVek(supplied.veks, at);
    if (choice.der === undefined) return this.#findIssuer(kind, signer, choice, supplied, line);
    const hash = `${kind} ${hexEncode(sha256(choice.der))}`;
    const known = this.#veks.get(hash);
    if (known !== undefined && isAtHand(known, supplied)) {
      return foundVek(known, checkPresence(kind, choice, supplied, undefined));
    }
    return this.#findNew(kind, hash, choice.der, choice, supplied, line);
  }

  /** What a VCEK or VLEK that is not there would hang on. */
  async #findIssuer(
    kind: VekKind,
    { signed }: Signer,
    choice: VekChoice,
    supplied: Supplied,
    line: ProductLine | undefined,
  ): Promise<Found> {
    const issuer = await this.#issuerByLine(kind, supplied, line);
    const missing = choice.count === 0;
    // What is not signed needs no key either.
    if (missing && !signed) return { ...issuer, missing: false };
    return { ...issuer, presence: checkPresence(kind, choice, supplied, undefined), missing };
  }

  /** A VCEK or VLEK that is not known yet. */
  async #findNew(
    kind: VekKind,
    hash: string,
    der: Uint8Array,
    choice: VekChoice,
    supplied: Supplied,
    line: ProductLine | undefined,
  ): Promise<Found> {
    // A copy: what is kept must not change with the caller's bytes, nor keep all of them in memory.
    const { certificate, problem } = readCertificate(new Uint8Array(der));
    const presence = checkPresence(kind, choice, supplied, problem);
    if (certificate === undefined) {
      return { ...(await this.#issuerByLine(kind, supplied, line)), presence, missing: false };
    }
    const issuer = await this.#issuerOf(kind, certificate, supplied, line);
    const vek = await checkVek(kind, certificate, issuer, this.#signatures);
    if (vek.trusted) this.#veks.set(hash, vek);
    return foundVek(vek, presence);
  }

  /** The chain that a VCEK or VLEK names, or else that of the report's CPU. */
  async #issuerOf(
    kind: VekKind,
    { issuer }: Certificate,
    supplied: Supplied,
    line: ProductLine | undefined,
  ): Promise<VekIssuer> {
    // The CPU's first, so that certificates of other lines need not even be read.
    const chains = this.#chains.toSorted(
      (a, b) => Number(b.line === line) - Number(a.line === line),
    );
    const chain = chains.find((each) => each.issues(issuer));
    if (chain !== undefined) return this.#linked(chain, true, kind, supplied, issuer);
    for (const each of chains) {
      const intermediate = await each.supplied(kind, issuer, supplied.authorities);
      if (intermediate !== undefined) {
        return { chain: each, named: true, ark: await each.ark(), intermediate };
      }
    }
    const named = chains.find((each) => each.isNameOf(kind, issuer));
    if (named !== undefined) return this.#linked(named, true, kind, supplied, issuer);
    return this.#issuerByLine(kind, supplied, line);
  }

  async #issuerByLine(
    kind: VekKind,
    supplied: Supplied,
    line: ProductLine | undefined,
  ): Promise<VekIssuer> {
    const chain = this.#chains.find((each) => each.line === line);
    return chain === undefined
      ? { named: false }
      : this.#linked(chain, false, kind, supplied, undefined);
  }

  async #linked(
    chain: AuthorityChain,
    named: boolean,
    kind: VekKind,
    supplied: Supplied,
    issuer: Certificate["issuer"] | undefined,
  ): Promise<VekIssuer> {
    const intermediate =
      (await chain.carried(kind)) ?? (await chain.supplied(kind, issuer, supplied.authorities));
    return {
      chain,
      named,
      ark: await chain.ark(),
      ...(intermediate === undefined ? {} : { intermediate }),
    };
  }

  #checkSignature(
    report: Report,
    reportBytes: Uint8Array,
    { kind, signed }: Signer,
    vek: CheckedVek | undefined,
  ): Finding | Promise<Finding> {
    const id = "snp.report.signature";
    if (kind === undefined || !signed) return NOT_CHECKABLE;
    if (vek === undefined) return skipped([id], `there is no ${kind} to check it with`)[0]!;
    const { key } = vek;
    if (key === undefined) return skipped([id], `the key of the ${kind} is not usable`)[0]!;
    const valid = this.#signatures.verify(key, signedPart(reportBytes), reportSignature(report));
    if (typeof valid === "boolean") return signatureFinding(kind, valid);
    return valid.then((answer) => signatureFinding(kind, answer));
  }
}

function signatureFinding(kind: VekKind, valid: boolean): Finding {
  if (valid) return SIGNED[kind];
  return {
    id: "snp.report.signature",
    outcome: "fail",
    title: `The report is not signed by the key of the ${kind}`,
    where: {
      artefact: "report",
      offset: ATTESTATION_REPORT.offsetOf("signatureR"),
      size: 144,
    },
    source: REPORT_SOURCE,
    hint: `the report was altered, or the ${kind} is of another chip or TCB`,
  };
}

/**
 * The report to judge. Its byte strings are views into the bytes that the signature is over; if they are
 * not, the bytes decide.
 */
function reportOf({ report, reportBytes }: EndorseInput): Report {
  const { reportData } = report;
  const offset = reportBytes.byteOffset + ATTESTATION_REPORT.offsetOf("reportData");
  const same = reportData.buffer === reportBytes.buffer && reportData.byteOffset === offset;
  return same ? report : decodeReport(reportBytes);
}

/** Whether a kept key still hangs on something that is there: built in, or supplied again. */
function isAtHand({ chain, intermediate }: CheckedVek, { authorities }: Supplied): boolean {
  if (chain === undefined || intermediate === undefined) return false;
  const { der } = intermediate.certificate;
  return chain.carries(der) !== undefined || authorities.some((each) => equalBytes(each.der, der));
}

function foundVek(vek: CheckedVek, presence: readonly Finding[]): Found {
  const { named, chain, ark, intermediate } = vek;
  return {
    vek,
    presence,
    missing: false,
    named,
    ...(chain === undefined ? {} : { chain }),
    ...(ark === undefined ? {} : { ark }),
    ...(intermediate === undefined ? {} : { intermediate }),
  };
}
