// SPDX-License-Identifier: Apache-2.0
// Genuine reports under demands they meet and demands they do not: guest policy, PLATFORM_INFO, fields
// compared exactly, ID block.

import type { ReportFields } from "@greenlight/psp/hierarchy";
import { hierarchyOf, makeCase } from "../case.ts";
import type { Case, Group } from "../case.ts";
import type { Demands, ExactField, GuestBits, PlatformBits } from "../demands.ts";

/** A Milan report with these fields, under these demands. */
function judged(
  group: Group,
  name: string,
  fields: ReportFields,
  demands: Demands,
  ok: boolean,
  version: 3 | 5 = 3,
): Case {
  const report = hierarchyOf("Milan").vcek().report(version, fields);
  return makeCase(group, { name, report, demands, expected: ok ? "accepted" : "rejected" });
}

const PERMISSIONS = [
  ["smt", 16n],
  ["migrateMa", 18n],
  ["debug", 19n],
  ["cxlAllow", 21n],
] as const satisfies readonly (readonly [keyof GuestBits, bigint])[];

const RESTRICTIONS = [
  ["singleSocket", 20n],
  ["memAes256Xts", 22n],
  ["raplDis", 23n],
  ["ciphertextHidingDram", 24n],
  ["pageSwapDisable", 25n],
] as const satisfies readonly (readonly [keyof GuestBits, bigint])[];

/** Every bit of POLICY, set and clear, demanded and not, and the ABI version. */
export function guestPolicyCases(): readonly Case[] {
  const mandatory = 1n << 17n;
  const pair = (name: keyof GuestBits, bit: bigint, permission: boolean): readonly Case[] =>
    [false, true].flatMap((set) =>
      [false, true].map((demanded) =>
        judged(
          "guest policy",
          `${name} ${set ? "set" : "clear"}, ${permission ? "allowed" : "required"}: ${demanded}`,
          { policy: mandatory | (set ? 1n << bit : 0n) },
          { guest: { smt: false, [name]: demanded } },
          permission ? demanded || !set : set || !demanded,
        ),
      ),
    );
  const policy = (title: string, value: bigint, ok: boolean, demands: Demands = {}): Case =>
    judged("guest policy", title, { policy: value }, demands, ok);
  return [
    ...PERMISSIONS.flatMap(([name, bit]) => pair(name, bit, true)),
    ...RESTRICTIONS.flatMap(([name, bit]) => pair(name, bit, false)),
    policy("reserved bit 17 clear", 1n << 16n, false),
    ...[26n, 40n, 63n].map((bit) => policy(`bit ${bit} set`, mandatory | (1n << bit), false)),
    policy("ABI as demanded", mandatory | 0x0137n, true, { abi: [1, 55] }),
    policy("ABI minor lower", mandatory | 0x0136n, false, { abi: [1, 55] }),
    policy("ABI major lower", mandatory | 0x00ffn, false, { abi: [1, 0] }),
    policy("ABI major higher, minor lower", mandatory | 0x0200n, true, { abi: [1, 55] }),
  ];
}

const EXPOSURES = [
  ["smt", 0n],
  ["tsme", 1n],
  ["tio", 7n],
] as const satisfies readonly (readonly [keyof PlatformBits, bigint])[];

const PROTECTIONS = [
  ["ecc", 2n],
  ["raplDis", 3n],
  ["ciphertextHidingDram", 4n],
  ["aliasCheckComplete", 5n],
] as const satisfies readonly (readonly [keyof PlatformBits, bigint])[];

/** Every bit of PLATFORM_INFO, set and clear, demanded and not. */
export function platformCases(): readonly Case[] {
  const pair = (name: keyof PlatformBits, bit: bigint, exposure: boolean): readonly Case[] =>
    [false, true].flatMap((set) =>
      [false, true].map((demanded) =>
        judged(
          "platform information",
          `${name} ${set ? "set" : "clear"}, ${exposure ? "tolerated" : "required"}: ${demanded}`,
          { platformInfo: set ? 1n << bit : 0n },
          { platform: { [name]: demanded } },
          exposure ? demanded || !set : set || !demanded,
        ),
      ),
    );
  const all = { smt: true, tsme: true, tio: true };
  const alone = (bit: bigint, title: string, ok: boolean): readonly Case[] => [
    judged(
      "platform information",
      `${title} set, demanded something`,
      { platformInfo: 1n << bit },
      {
        platform: all,
      },
      ok,
    ),
    judged(
      "platform information",
      `${title} set, nothing demanded`,
      { platformInfo: 1n << bit },
      {},
      true,
    ),
  ];
  return [
    ...EXPOSURES.flatMap(([name, bit]) => pair(name, bit, true)),
    ...PROTECTIONS.flatMap(([name, bit]) => pair(name, bit, false)),
    ...alone(6n, "IOMMU_WRITE_SAFE (bit 6)", true),
    ...alone(8n, "bit 8", false),
    ...alone(63n, "bit 63", false),
  ];
}

const EXACT: readonly (readonly [field: ExactField, length: number])[] = [
  ["reportData", 64],
  ["hostData", 32],
  ["familyId", 16],
  ["imageId", 16],
  ["reportId", 32],
  ["reportIdMa", 32],
  ["measurement", 48],
];

/** Fields that must be this and no other, and numbers that must be at least so high. */
export function exactCases(): readonly Case[] {
  const group = "exact fields";
  const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
  const fields = EXACT.flatMap(([field, length]) => {
    const value = filled(length, 0xa5);
    const first = Uint8Array.from(value, (byte, i) => (i === 0 ? byte ^ 1 : byte));
    const last = Uint8Array.from(value, (byte, i) => (i === length - 1 ? byte ^ 0x80 : byte));
    const at = (title: string, wanted: Uint8Array, ok: boolean): Case =>
      judged(group, `${field} ${title}`, { [field]: value }, { exact: { [field]: wanted } }, ok);
    return [
      at("as demanded", value, true),
      at("differs in its first byte", first, false),
      at("differs in its last bit", last, false),
      at("demanded zero", filled(length, 0), false),
    ];
  });
  const vek = hierarchyOf("Milan").vcek();
  const chip = (title: string, chipId: Uint8Array, ok: boolean): Case =>
    judged(group, `chipId ${title}`, {}, { exact: { chipId } }, ok);
  const svn = (guestSvn: number, least: number): Case =>
    judged(
      group,
      `GUEST_SVN ${guestSvn}, at least ${least}`,
      { guestSvn },
      { guestSvn: least },
      guestSvn >= least,
    );
  const vmpl = (found: number, wanted: number | null, ok: boolean): Case =>
    judged(
      group,
      `VMPL ${found}, demanded ${wanted ?? "any"}`,
      { vmpl: found },
      { vmpl: wanted },
      ok,
    );
  const vector = (title: string, launch: bigint, current: bigint, ok: boolean): Case =>
    judged(
      group,
      `mitigation vectors ${title}`,
      { launchMitVector: 0x0bn, currentMitVector: 0x8000000000000001n },
      { mitigations: { launch, current } },
      ok,
      5,
    );
  return [
    ...fields,
    chip("as demanded", vek.chipId, true),
    chip(
      "another",
      Uint8Array.from(vek.chipId, (byte) => byte ^ 1),
      false,
    ),
    svn(5, 5),
    svn(5, 6),
    svn(0x80000000, 0x7fffffff),
    svn(0xffffffff, 0xfffffffe),
    ...[0, 1, 2, 3].map((level) => vmpl(level, level, true)),
    vmpl(1, 0, false),
    vmpl(0, 3, false),
    vmpl(3, null, true),
    vmpl(4, null, false),
    vmpl(0xffffffff, null, false),
    vmpl(0xffffffff, 0, false),
    vector("as demanded", 0x0bn, 0x8000000000000001n, true),
    vector("with more than demanded", 0x01n, 0x01n, true),
    vector("without a bit at launch", 0x04n, 0n, false),
    vector("without a bit now", 0n, 0x02n, false),
    judged(
      group,
      "mitigation vectors demanded of version 3",
      {},
      { mitigations: { launch: 1n, current: 0n } },
      false,
    ),
  ];
}

/** ID keys and author keys. */
export function idBlockCases(): readonly Case[] {
  const digest = (byte: number): Uint8Array => new Uint8Array(48).fill(byte);
  const zero = digest(0);
  const author = { signerInfo: 1, authorKeyDigest: digest(2), idKeyDigest: digest(1) };
  const id = { idKeyDigest: digest(1) };
  const case_ = (
    name: string,
    fields: ReportFields,
    idBlock: Demands["idBlock"] & object,
    ok: boolean,
  ): Case => judged("ID block", name, fields, { idBlock }, ok);
  return [
    case_("trusted ID key", id, { idKeys: [digest(1)] }, true),
    case_("one of two trusted ID keys", id, { idKeys: [digest(7), digest(1)] }, true),
    case_("untrusted ID key", id, { idKeys: [digest(7)] }, false),
    case_("no ID key", {}, { idKeys: [digest(7)] }, false),
    case_("no ID block, and zero among the trusted", {}, { idKeys: [zero] }, false),
    case_(
      "trusted author of an unknown ID key",
      author,
      { idKeys: [digest(7)], authorKeys: [digest(2)] },
      true,
    ),
    case_("trusted author, no ID keys named", author, { authorKeys: [digest(2)] }, true),
    case_(
      "untrusted author, trusted ID key",
      author,
      { idKeys: [digest(1)], authorKeys: [digest(7)] },
      true,
    ),
    case_(
      "untrusted author and ID key",
      author,
      { idKeys: [digest(7)], authorKeys: [digest(7)] },
      false,
    ),
    case_(
      "author digest without AUTHOR_KEY_EN",
      { ...author, signerInfo: 0 },
      { idKeys: [digest(7)], authorKeys: [digest(2)] },
      false,
    ),
    case_(
      "required author there and trusted",
      author,
      { authorRequired: true, authorKeys: [digest(2)] },
      true,
    ),
    case_(
      "required author there and untrusted, ID key trusted",
      author,
      { authorRequired: true, idKeys: [digest(1)], authorKeys: [digest(7)] },
      false,
    ),
    case_(
      "required author missing, ID key trusted",
      id,
      { authorRequired: true, idKeys: [digest(1)], authorKeys: [digest(2)] },
      false,
    ),
    judged("ID block", "ID and author key without a demand", author, {}, true),
  ];
}
