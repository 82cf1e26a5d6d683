// SPDX-License-Identifier: Apache-2.0
// Reports that were altered after signing, that were signed with something wrong in them, or whose
// signature is not one.

import { ATTESTATION_REPORT } from "@greenlight/core/evidence";
import { P384_ORDER } from "@greenlight/psp/hierarchy";
import type { Vek } from "@greenlight/psp/hierarchy";
import { extended, hierarchyOf, makeCase, vekEntry } from "../case.ts";
import type { Case } from "../case.ts";

const R = ATTESTATION_REPORT.offsetOf("signatureR");
const S = ATTESTATION_REPORT.offsetOf("signatureS");

/** A report of version 5 with a byte changed after it was signed: first and last of every field. */
function alteredFields(): readonly Case[] {
  const vek = hierarchyOf("Milan").vcek();
  return ATTESTATION_REPORT.parts.flatMap(({ name, offset, codec }) =>
    [...new Set([offset, offset + codec.size - 1])].map((at) => {
      const report = vek.report(5);
      report[at]! ^= 0x40;
      return makeCase("report fields", {
        name: `byte 0x${at.toString(16)} (${name}) altered after signing`,
        report,
        expected: "rejected",
      });
    }),
  );
}

/** Reserved bytes that are not zero, under a signature that covers them where it covers anything. */
function reservedFields(): readonly Case[] {
  const vek = hierarchyOf("Milan").vcek();
  const reserved = ATTESTATION_REPORT.parts.filter(({ codec }) => codec.fixed === true);
  const five = reserved.map(({ name, offset, codec }) => {
    const report = vek.report(5);
    report[offset + codec.size - 1]! |= 0x01;
    // Signing clears R and S with what is reserved in them, so these are changed afterwards.
    const signed = offset < 0x2a0 ? vek.sign(report) : report;
    return makeCase("report fields", {
      name: `${name} not zero, version 5`,
      report: signed,
      expected: "rejected",
    });
  });
  const gated = [
    ["the processor named", 2, 0x188],
    ["LAUNCH_MIT_VECTOR not zero", 2, 0x1f8],
    ["LAUNCH_MIT_VECTOR not zero", 3, 0x1f8],
    ["CURRENT_MIT_VECTOR not zero", 3, 0x200],
    ["CURRENT_MIT_VECTOR not zero", 4, 0x207],
  ] as const;
  return [
    ...five,
    ...gated.map(([title, version, offset]) => {
      const report = vek.report(version);
      report[offset] = 0x19;
      return makeCase("report fields", {
        name: `${title}, version ${version}`,
        report: vek.sign(report),
        expected: "rejected",
      });
    }),
  ];
}

function versionsAndSizes(): readonly Case[] {
  const vek = hierarchyOf("Milan").vcek();
  const versions = [0, 1, 6, 0x10003, 0xffffffff].map((version) => {
    const report = vek.report(3);
    new DataView(report.buffer).setUint32(0, version, true);
    return makeCase("report fields", {
      name: `version ${version}, signed`,
      report: vek.sign(report),
      expected: "rejected",
    });
  });
  const report = vek.report();
  const sizes = [0, 1, 671, 672, 1183].map((size) =>
    makeCase("report fields", {
      name: `cut off after ${size} bytes`,
      evidence: report.subarray(0, size),
      expected: "rejected",
    }),
  );
  return [
    ...versions,
    ...sizes,
    makeCase("report fields", {
      name: "all bytes zero",
      report: new Uint8Array(1184),
      expected: "rejected",
    }),
  ];
}

/** Every field of KEY_INFO and SIGNATURE_ALGO, signed as such. */
function signerFields(): readonly Case[] {
  const vek = hierarchyOf("Milan").vcek();
  const vlek = hierarchyOf("Milan").vlek();
  const info = (name: string, signer: Vek, signerInfo: number, ok = false): Case =>
    makeCase("report signature", {
      name,
      vek: signer,
      report: signer.report(3, { signerInfo }),
      expected: ok ? "accepted" : "rejected",
    });
  const algorithm = (signatureAlgo: number): Case =>
    makeCase("report signature", {
      name: `SIGNATURE_ALGO ${signatureAlgo}`,
      report: vek.report(3, { signatureAlgo }),
      expected: "rejected",
    });
  return [
    ...[2, 3, 4, 5, 6, 7].map((key) => info(`SIGNING_KEY ${key} with a VCEK`, vek, key << 2)),
    info("SIGNING_KEY 7 (none) with a VLEK", vlek, 7 << 2),
    info("a VCEK for a report that names a VLEK", vek, 1 << 2),
    info("a VLEK for a report that names a VCEK", vlek, 0),
    info("AUTHOR_KEY_EN without a demand", vek, 1, true),
    info("MASK_CHIP_KEY with a signature of the VCEK", vek, 2),
    info("MASK_CHIP_KEY with a signature of a VLEK", vlek, 2 | (1 << 2), true),
    ...[5, 16, 31].map((bit) => info(`KEY_INFO bit ${bit}`, vek, (1 << bit) >>> 0)),
    ...[0, 2, 0xffffffff].map(algorithm),
  ];
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString("hex")}`);
}

function fill(report: Uint8Array, offset: number, value: bigint): void {
  const digits = value.toString(16).padStart(96, "0");
  report.set(Buffer.from(digits, "hex").toReversed(), offset);
}

type Change = readonly [name: string, change: (report: Uint8Array) => void, ok?: boolean];

const CHANGES: readonly Change[] = [
  ["R and S zero", (report) => report.fill(0, R, 0x330)],
  ["R zero", (report) => report.fill(0, R, R + 48)],
  ["S zero", (report) => report.fill(0, S, S + 48)],
  ["R is the order of the group", (report) => fill(report, R, P384_ORDER)],
  ["S is the order of the group", (report) => fill(report, S, P384_ORDER)],
  ["R all ones", (report) => report.fill(0xff, R, R + 48)],
  ["S all ones", (report) => report.fill(0xff, S, S + 48)],
  ["R and S exchanged", exchange],
  ["R big-endian", (report) => report.set(report.slice(R, R + 48).toReversed(), R)],
  ["R altered", (report) => void (report[R]! ^= 1)],
  ["S altered", (report) => void (report[S + 47]! ^= 1)],
  ["R's extension not zero", (report) => void (report[R + 48] = 1)],
  ["R's extension all ones", (report) => report.fill(0xff, R + 48, S)],
  ["S's extension not zero", (report) => void (report[S + 71] = 1)],
  ["the end of the signature not zero", (report) => void (report[0x330] = 1)],
  ["the last byte not zero", (report) => void (report[0x49f] = 1)],
  [
    // ECDSA has two signatures for everything; neither is identity.
    "S replaced by the order minus S",
    (report) => fill(report, S, P384_ORDER - littleEndian(report.subarray(S, S + 48))),
    true,
  ],
  [
    "R plus the order, where that fits",
    (report) =>
      fill(report, R, (littleEndian(report.subarray(R, R + 48)) + P384_ORDER) % 2n ** 384n),
  ],
];

function exchange(report: Uint8Array): void {
  const r = report.slice(R, S);
  report.copyWithin(R, S, 0x330);
  report.set(r, S);
}

/** Signatures that are none, or that are written otherwise than they should be. */
export function signatureCases(): readonly Case[] {
  const vek = hierarchyOf("Milan").vcek();
  const other = hierarchyOf("Milan").vcek({ keyLabel: "another" });
  return [
    ...signerFields(),
    ...CHANGES.map(([name, change, ok]) => {
      const report = vek.report();
      change(report);
      const expected = ok === true ? "accepted" : "rejected";
      return makeCase("report signature", { name, report, expected });
    }),
    makeCase("report signature", {
      name: "signed with another key than the certificate's",
      evidence: extended(other.report(), vekEntry(vek)),
      expected: "rejected",
    }),
    makeCase("report signature", {
      name: "no certificate of the signing key",
      evidence: vek.report(),
      expected: "rejected",
    }),
  ];
}

/** Broken reports. */
export function reportCases(): readonly Case[] {
  return [...alteredFields(), ...reservedFields(), ...versionsAndSizes()];
}
