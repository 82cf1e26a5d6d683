// SPDX-License-Identifier: Apache-2.0
// A whole key hierarchy of one product line. Everything follows from the seed and the options: the same
// ones give the same bytes.

import { PRODUCT_LINES } from "@greenlight/core/evidence";
import type { ProductLine, TcbVersion } from "@greenlight/core/evidence";
import type { TrustRoot } from "@greenlight/core/endorsement";
import { makeAuthority } from "./authority.ts";
import type { Authority } from "./authority.ts";
import { derive } from "./bits.ts";
import type { CertificateEdit, TrailerField } from "./certificate.ts";
import type { NameStyle } from "./name.ts";
import { p384Key } from "./p384-key.ts";
import type { P384Key } from "./p384-key.ts";
import { USUAL_TCB, encodeReport, reportFields, signReport } from "./report.ts";
import type { ReportFields, ReportSubject } from "./report.ts";
import { issueRevocationList } from "./revocation-list.ts";
import type { RevocationListEdit, RevokedCertificate } from "./revocation-list.ts";
import { rsaKey } from "./rsa-key.ts";
import type { RsaKey } from "./rsa-key.ts";
import { trustRoot } from "./trust-root.ts";
import { issueVek } from "./vek.ts";

const YEAR = 365 * 86_400_000;

/** When the certificates of a hierarchy begin, where nothing else is asked for. */
export const USUAL_NOT_BEFORE = Date.UTC(2026, 0, 1);

/** What a hierarchy is made of. Times are milliseconds since 1970. */
export interface HierarchyOptions {
  readonly line: ProductLine;
  /** Keys follow from it. Default `greenlight`; `other` is as fast, any other takes seconds. */
  readonly seed?: string;
  /** Default `simulator`. */
  readonly names?: NameStyle;
  /** Default `absent`, as AMD does since about 2025. */
  readonly trailer?: TrailerField;
  /** Of the authorities. Default: 25 years from the start of 2024. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Changes to the certificates of the authorities. */
  readonly edits?: Readonly<Partial<Record<"ARK" | "ASK" | "ASVK", CertificateEdit>>>;
  /** Signs the ASK or ASVK in place of the root. */
  readonly signers?: Readonly<Partial<Record<"ASK" | "ASVK", RsaKey>>>;
}

/** What VCEK and VLEK have in common. */
interface VekRequest {
  /** Default: {@link USUAL_TCB} of the line. */
  readonly tcb?: TcbVersion;
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly productName?: string;
  readonly edit?: CertificateEdit;
  /** Signs in place of the ASK or ASVK. */
  readonly issuer?: Authority;
  /** Distinguishes keys of the same chip and TCB. */
  readonly keyLabel?: string;
}

/** A VCEK. Default validity: seven years from {@link USUAL_NOT_BEFORE}. */
export interface VcekRequest extends VekRequest {
  /** 64 bytes. Default: of the line. */
  readonly chipId?: Uint8Array;
}

/** A VLEK. Default validity: one year from {@link USUAL_NOT_BEFORE}. */
export interface VlekRequest extends VekRequest {
  /** Default `CN=cc-simulator.greenlight.invalid`. */
  readonly cspId?: string;
}

/** A revocation list. */
export interface ListRequest {
  /** Default 1. */
  readonly number?: bigint;
  readonly revoked?: readonly RevokedCertificate[];
  /** Default: {@link USUAL_NOT_BEFORE}, for a year. */
  readonly thisUpdate?: number;
  readonly nextUpdate?: number;
  readonly edit?: RevocationListEdit;
  readonly signer?: RsaKey;
}

/** A signing key with its certificate. */
export interface Vek {
  readonly kind: "VCEK" | "VLEK";
  readonly line: ProductLine;
  readonly key: P384Key;
  /** The certificate in DER. */
  readonly der: Uint8Array;
  readonly tcb: TcbVersion;
  /** What reports of this key have as CHIP_ID: zero for a VLEK. */
  readonly chipId: Uint8Array;
  /** Fields of a report that fits this key, with changes. */
  fields(
    version?: ReportSubject["version"],
    changes?: ReportFields,
  ): ReturnType<typeof reportFields>;
  /** The same as signed bytes. */
  report(version?: ReportSubject["version"], changes?: ReportFields): Uint8Array;
  /** Signs bytes that may be anything. */
  sign(report: Uint8Array): Uint8Array;
}

/** A root, what it signs, and what that signs. Authorities are made when they are first asked for. */
export interface Hierarchy {
  readonly line: ProductLine;
  readonly ark: Authority;
  readonly ask: Authority;
  readonly asvk: Authority;
  vcek(request?: VcekRequest): Vek;
  vlek(request?: VlekRequest): Vek;
  /** The list in DER. AMD has one for the VCEK chain and one for the VLEK chain, both by the root. */
  crl(request?: ListRequest): Uint8Array;
  /**
   * The hierarchy as a root of trust for its product line.
   * @param carried Which signing keys it carries beside the root, default both; others must come with
   * the evidence.
   * @throws {LayoutError} when edits made a certificate that cannot be read.
   */
  trustRoot(carried?: readonly ("ASK" | "ASVK")[]): TrustRoot;
}

/** Makes a hierarchy. */
export function createHierarchy(options: HierarchyOptions): Hierarchy {
  const { line, seed = "greenlight", names: style = "simulator", trailer = "absent" } = options;
  const { notBefore = Date.UTC(2024, 0, 1), notAfter = Date.UTC(2049, 0, 1) } = options;

  const authority = (role: "ARK" | "ASK" | "ASVK", issuer?: Authority): Authority => {
    const edit = options.edits?.[role];
    return makeAuthority({
      role,
      line,
      style,
      key: rsaKey(`${seed}/${line}/${role}`),
      trailer,
      notBefore,
      notAfter,
      ...(issuer === undefined ? {} : { issuer }),
      ...(edit === undefined ? {} : { edit }),
    });
  };
  const under = (role: "ASK" | "ASVK"): Authority => {
    const key = options.signers?.[role];
    return authority(role, key === undefined ? ark() : { ...ark(), key });
  };
  const ark = once(() => authority("ARK"));
  const ask = once(() => under("ASK"));
  const asvk = once(() => under("ASVK"));

  const vek = (
    kind: "VCEK" | "VLEK",
    request: VekRequest,
    subject: { readonly chipId?: Uint8Array; readonly cspId?: string },
  ): Vek => {
    const { tcb = USUAL_TCB[line], notBefore: from = USUAL_NOT_BEFORE, keyLabel = "" } = request;
    const { productName, edit } = request;
    const holder = subject.cspId ?? Buffer.from(subject.chipId ?? []).toString("hex");
    const key = p384Key(`${seed}/${line}/${kind}/${holder}/${JSON.stringify(tcb)}/${keyLabel}`);
    const der = issueVek({
      kind,
      line,
      style,
      issuer: request.issuer ?? (kind === "VCEK" ? ask() : asvk()),
      key,
      tcb,
      trailer,
      notBefore: from,
      notAfter: request.notAfter ?? from + (kind === "VCEK" ? 7 : 1) * YEAR,
      ...(productName === undefined ? {} : { productName }),
      ...(edit === undefined ? {} : { edit }),
      ...subject,
    });
    return makeVek({ kind, line, key, der, tcb, chipId: subject.chipId ?? new Uint8Array(64) });
  };

  return {
    line,
    trustRoot(carried = ["ASK", "ASVK"]) {
      return trustRoot(this, carried);
    },
    get ark() {
      return ark();
    },
    get ask() {
      return ask();
    },
    get asvk() {
      return asvk();
    },
    vcek: (request = {}) => vek("VCEK", request, { chipId: request.chipId ?? chipId(line) }),
    vlek: (request = {}) =>
      vek("VLEK", request, { cspId: request.cspId ?? "CN=cc-simulator.greenlight.invalid" }),
    crl: ({ number = 1n, revoked = [], thisUpdate = USUAL_NOT_BEFORE, ...request } = {}) =>
      issueRevocationList({
        issuer: ark(),
        number,
        revoked,
        thisUpdate,
        nextUpdate: request.nextUpdate ?? thisUpdate + YEAR,
        trailer,
        ...(request.edit === undefined ? {} : { edit: request.edit }),
        ...(request.signer === undefined ? {} : { signer: request.signer }),
      }),
  };
}

/** CHIP_ID of an imaginary chip, 64 bytes; on lines with short ones the rest is zero. */
export function chipId(line: ProductLine, name = "1"): Uint8Array {
  const id = new Uint8Array(64);
  id.set(derive(`chip ${name} of ${line}`, PRODUCT_LINES[line].hwIdLength));
  return id;
}

function makeVek(parts: Pick<Vek, "kind" | "line" | "key" | "der" | "tcb" | "chipId">): Vek {
  const { kind, line, key, tcb, chipId: id } = parts;
  const fields: Vek["fields"] = (version, changes = {}) => {
    const subject = { line, tcb, chipId: id, signingKey: kind };
    const usual = reportFields(version === undefined ? subject : { ...subject, version });
    return { ...usual, ...changes };
  };
  const sign: Vek["sign"] = (report) => signReport(report, key);
  return { ...parts, fields, sign, report: (...args) => sign(encodeReport(fields(...args))) };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
