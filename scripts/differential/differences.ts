// SPDX-License-Identifier: Apache-2.0
// Every known way in which Greenlight and go-sev-guest come to different verdicts, with who is right and
// why. A difference that none of these names is an error, and so is one of these that nothing shows.

import type { Case, Group } from "./case.ts";
import type { Judgement } from "./ours.ts";

/** Who is right: one of the two, or it is a matter of taste and neither is unsafe. */
export type Right = "Greenlight" | "go-sev-guest" | "either";

/** A named reason. */
export interface Difference {
  /** Told in the documentation. */
  readonly subject: string;
  readonly ours: string;
  readonly theirs: string;
  readonly right: Right;
  readonly why: string;
  readonly explains: (item: Case, ours: Judgement, theirs: Judgement) => boolean;
}

type Explains = Difference["explains"];

const theirError =
  (pattern: RegExp): Explains =>
  (_item, _ours, { reasons }) =>
    reasons.some((reason) => pattern.test(reason));

/** We alone refuse, for this and for nothing else. */
const onlyWe =
  (...ids: readonly string[]): Explains =>
  (_item, ours, theirs) =>
    theirs.outcome === "accepted" && ours.reasons.every((reason) => ids.includes(reason));

const named =
  (group: Group, pattern: RegExp): Explains =>
  (item) =>
    item.group === group && pattern.test(item.name);

const both =
  (...all: readonly Explains[]): Explains =>
  (...judged) =>
    all.every((explains) => explains(...judged));

/** What an unusable trust root leads to beside its own finding. */
const ROOT = "snp.chain.ark-not-pinned";

/** In the order of evidence: processors, report, certificates, lists, table. */
export const DIFFERENCES: readonly Difference[] = [
  {
    subject: "Turin",
    ours: "verified",
    theirs: "every report refused",
    right: "Greenlight",
    why: "the extension of the firmware boot code's version (FMC, arc 3704.1.3.9) is unknown to it",
    explains: both(
      ({ line }) => line === "Turin",
      theirError(/not an AMD KDS OID: 1\.3\.6\.1\.4\.1\.3704\.1\.3\.9/),
    ),
  },
  {
    subject: "reports of version 2 under a VCEK whose productName has no known stepping",
    ours: "verified: the line counts",
    theirs: "refused",
    right: "Greenlight",
    why: "Genoa's VCEKs say `Genoa`; a stepping is not part of what is endorsed",
    explains: theirError(/unknown product name \(new stepping published\?\)/),
  },
  {
    subject: "models other than 01, 11 (family 19h) and 02 (1Ah), Bergamo and Siena among them",
    ours: "verified: ranges of models",
    theirs: "refused: no root for the line Unknown",
    right: "Greenlight",
    why: "AMD endorses them as Genoa, and reports of real ones exist",
    explains: both(
      named("processors", /./),
      theirError(/could not be verified by any trusted roots\. Last error: <nil>/),
    ),
  },
  {
    subject: "version 3 and later with family, model and stepping zero",
    ours: "refused",
    theirs: "taken for version 2, which names no processor",
    right: "Greenlight",
    why: "firmware that knows version 3 fills them in",
    explains: onlyWe("snp.product.unknown"),
  },
  {
    subject: "upper half of CPUID_STEP",
    ours: "signed, so that an altered one is seen",
    theirs: "not seen: accepted after alteration",
    right: "Greenlight",
    why: "it verifies a report written anew from its fields, and keeps four bits of the stepping",
    explains: both(
      named("report fields", /^byte 0x18a \(cpuStepping\)/),
      onlyWe("snp.report.signature"),
    ),
  },
  {
    subject: "mitigation vectors before version 5",
    ours: "refused: reserved there, must be zero",
    theirs: "read as vectors in every version",
    right: "Greenlight",
    why: "the bytes have no meaning before version 5",
    explains: both(named("report fields", /MIT_VECTOR not zero/), onlyWe("snp.report.layout")),
  },
  {
    subject: "MASK_CHIP_KEY set, and a signature of the VCEK that verifies",
    ours: "refused as not signed",
    theirs: "accepted: the bit is not looked at",
    right: "Greenlight",
    why: "the report says of itself that its chip key is off; firmware signs no such report",
    explains: onlyWe("snp.report.not-signed"),
  },
  {
    subject: "PLATFORM_INFO bit 6 (IOMMU_WRITE_SAFE)",
    ours: "known",
    theirs: "refused as soon as a platform policy is given",
    right: "Greenlight",
    why: "real Turin sets it",
    explains: theirError(/reserved platform info bit 6 set/),
  },
  {
    subject: "committed build above the running one, under an older committed version",
    ours: "accepted when provisional firmware is: builds count within a version",
    theirs: "refused: builds are compared alone",
    right: "either",
    why: "builds of different versions have no order that AMD states",
    explains: theirError(/committed build number \d+ is greater than the current/),
  },
  {
    subject: "reserved bytes of CURRENT_TCB and LAUNCH_TCB",
    ours: "refused: their meaning is not known here",
    theirs: "compared as if they were parts, in one direction",
    right: "Greenlight",
    why: "what is not understood is not judged",
    explains: onlyWe("snp.tcb.reserved-bytes"),
  },
  {
    subject: "parts of a TCB above 127, microcode aside",
    ours: "accepted: a byte",
    theirs: "refused",
    right: "either",
    why: "the report has a byte for each; no real one comes near",
    explains: theirError(/TCB part is \d+\. Expect 0-127/),
  },
  {
    subject: "VMPL 4 and above where any VMPL is accepted",
    ours: "refused: there are 0 to 3",
    theirs: "accepted",
    right: "Greenlight",
    why: "no guest has such a level",
    explains: onlyWe("snp.vmpl.refused"),
  },
  {
    subject: "reports that the host asked for (VMPL 0xffffffff)",
    ours: "refused unless a policy allows them",
    theirs: "accepted where no VMPL is demanded",
    right: "Greenlight",
    why: "their report data is not the guest's, so they prove no freshness and bind no key",
    explains: onlyWe("snp.vmpl.host-requested"),
  },
  {
    subject: "ID block required, none there, and a digest of zeros among the trusted ID keys",
    ours: "refused: there is no ID block",
    theirs: "accepted",
    right: "Greenlight",
    why: "zero is what stands there without an ID block",
    explains: onlyWe("snp.id-block.missing", "snp.id-key.not-trusted"),
  },
  {
    subject: "structVersion of the VCEK or VLEK",
    ours: "must be known, and that of the line",
    theirs: "not looked at",
    right: "Greenlight",
    why: "it says which extensions there are and how long hwID is",
    explains: both(
      named("VCEK and VLEK extensions", /structVersion/),
      onlyWe("snp.vek.extensions"),
    ),
  },
  {
    subject: "productName of another line, or none, from version 3 on",
    ours: "refused",
    theirs: "not looked at",
    right: "Greenlight",
    why: "certificate and report must be of one line; steppings are left aside",
    explains: onlyWe("snp.vek.product-name"),
  },
  {
    subject: "AMD's extensions marked critical",
    ours: "accepted: they are understood",
    theirs: "refused by Go's X.509 library",
    right: "either",
    why: "RFC 5280 section 4.2 refuses critical extensions that are not understood; AMD marks none",
    explains: theirError(/x509: unhandled critical extension/),
  },
  {
    subject: "extensions outside AMD's arc in a VCEK or VLEK",
    ours: "ignored unless critical, as RFC 5280 says",
    theirs: "refused",
    right: "either",
    why: "AMD's certificates have none",
    explains: theirError(/not an AMD KDS OID: (1\.3\.6\.1\.4\.1\.99999|2\.5\.29)\./),
  },
  {
    subject: "country, state and organization in the subject of a VCEK",
    ours: "not looked at",
    theirs: "must be AMD's",
    right: "either",
    why: "the ASK's signature says who made it",
    explains: theirError(/VCEK subject has 0 countries/),
  },
  {
    subject: "a trusted root whose own signature does not verify, or is made otherwise than AMD's",
    ours: "refused",
    theirs: "accepted: a root is trusted as it is",
    right: "either",
    why: "AMD's roots are pinned byte by byte; a broken one can only be a mistake in what is trusted",
    explains: onlyWe(ROOT, "snp.chain.ark-signature-parameters", "snp.chain.ark-signature"),
  },
  {
    subject: "a trusted root of X.509 version 1, without extensions",
    ours: "refused",
    theirs: "accepted",
    right: "either",
    why: "the same",
    explains: both(
      named("certificate chain", /^version 1 without extensions: ARK$/),
      onlyWe("LayoutError unsupported-version: Certificate"),
    ),
  },
  {
    subject: "ASK or ASVK signed with RSASSA-PSS on SHA-256",
    ours: "refused: SHA-384 throughout",
    theirs: "accepted: the algorithm is looked at in the last certificate alone",
    right: "Greenlight",
    why: "AMD defines one algorithm for all",
    explains: onlyWe(ROOT, "snp.chain.ask-signature-parameters"),
  },
  {
    subject: "ASK without path length or key usage",
    ours: "refused: must be as AMD's",
    theirs: "accepted, as RFC 5280 allows",
    right: "either",
    why: "an ASK that may found further authorities is not AMD's",
    explains: onlyWe(ROOT, "snp.chain.ask-ca"),
  },
  {
    subject: "CHIP_ID zero under a VCEK",
    ours: "refused unless a policy allows it",
    theirs: "accepted",
    right: "either",
    why: "without it nothing ties the report to the VCEK's chip but the key; whether that will do is policy",
    explains: onlyWe("snp.report.chip-id-masked", "snp.chip-id.masked"),
  },
  {
    subject: "revoked ASVK",
    ours: "refused",
    theirs: "accepted: the ASK's list and serial number are looked at, for VLEKs too",
    right: "Greenlight",
    why: "the VLEK hangs on the ASVK",
    explains: both(named("revocation", /^VLEK/), onlyWe("snp.revocation.ask-revoked")),
  },
  {
    subject: "revoked ARK",
    ours: "refused",
    theirs: "accepted: the ASK's serial number alone is looked for",
    right: "Greenlight",
    why: "a root that revokes itself is not to be trusted",
    explains: onlyWe("snp.revocation.ark-revoked"),
  },
  {
    subject: "revocation list out of date, or without a date",
    ours: "revocation unknown",
    theirs: "accepted: neither thisUpdate nor nextUpdate of a fresh download is looked at",
    right: "Greenlight",
    why: "a host that withholds the newer list hides what it revokes",
    explains: onlyWe("snp.revocation.stale", "snp.revocation.not-yet-valid"),
  },
  {
    subject: "revocation list under another issuer's name",
    ours: "revocation unknown",
    theirs: "accepted when the root signed it",
    right: "Greenlight",
    why: "it says nothing about this issuer's certificates: RFC 5280 section 6.3.3",
    explains: both(named("revocation", /another issuer's name/), onlyWe("snp.revocation.unknown")),
  },
  {
    subject: "revocation list with an unknown critical extension",
    ours: "revocation unknown",
    theirs: "accepted",
    right: "Greenlight",
    why: "it may cover only some certificates: RFC 5280 section 5.2",
    explains: both(named("revocation", /critical extension/), onlyWe("snp.revocation.unknown")),
  },
  {
    subject: "bytes behind a revocation list",
    ours: "revocation unknown: the list is not read",
    theirs: "ignored",
    right: "either",
    why: "the signature does not cover them; strictly, this is no list",
    explains: both(named("revocation", /byte behind it/), onlyWe("snp.revocation.unknown")),
  },
  {
    subject: "two entries for the VCEK in a certificate table",
    ours: "refused",
    theirs: "the last one counts",
    right: "Greenlight",
    why: "two readers of one table must not see two different keys",
    explains: both(
      named("certificate table", /^VCEK twice/),
      onlyWe("LayoutError unknown-value: certificate table"),
    ),
  },
  {
    subject: "entries for ARK or ASK that are no certificates",
    ours: "refused",
    theirs: "accepted: they are not needed",
    right: "either",
    why: "the table is broken; nothing is lost with it that AMD's service would not give",
    explains: both(
      named("certificate table", /that are text$/),
      onlyWe("LayoutError unknown-value: certificate table"),
    ),
  },
  {
    subject: "PEM in the certificate table",
    ours: "verified",
    theirs: "refused: verification takes it, validation does not",
    right: "Greenlight",
    why: "real hosts store PEM there",
    explains: both(named("certificate table", /^PEM/), theirError(/x509: malformed certificate/)),
  },
  {
    subject: "offset and length that pass 2^32 together",
    ours: "refused",
    theirs: "no verdict",
    right: "Greenlight",
    why: "the sum has to be made in more than 32 bits",
    explains: (_item, _ours, { outcome }) => outcome === "panic",
  },
];
