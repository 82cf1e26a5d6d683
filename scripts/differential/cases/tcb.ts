// SPDX-License-Identifier: Apache-2.0
// Relations between the four TCB versions of a report, the one of the certificate and the demanded
// ones, part by part; and the versions of the firmware.

import { encodeTcb } from "@greenlight/core/evidence";
import type { ProductLine, TcbPart, TcbVersion } from "@greenlight/core/evidence";
import type { ReportFields, Vek } from "@greenlight/psp/hierarchy";
import { hierarchyOf, makeCase } from "../case.ts";
import type { Case } from "../case.ts";
import type { Demands } from "../demands.ts";

const BASE: TcbVersion = { bootloader: 4, tee: 2, snp: 20, microcode: 200 };
const PARTS = ["bootloader", "tee", "snp", "microcode"] as const satisfies readonly TcbPart[];

const group = "TCB and firmware versions";

function moved(part: TcbPart, by: number): TcbVersion {
  return { ...BASE, [part]: (BASE[part] ?? 0) + by };
}

interface Relation {
  readonly title: string;
  readonly ok: boolean;
  readonly fields?: (line: ProductLine) => ReportFields;
  /** TCB of the certificate, {@link BASE} unless said. */
  readonly certified?: TcbVersion;
  readonly demands?: Demands;
}

/** What can stand to what in one part of the TCB. */
function relationsOf(part: TcbPart): readonly Relation[] {
  const bytes = (by: number) => (line: ProductLine) => encodeTcb(moved(part, by), line);
  const provisional = { provisional: true };
  return [
    {
      title: `CURRENT above the others in ${part}, provisional`,
      ok: true,
      fields: (line) => ({ currentTcb: bytes(1)(line) }),
      demands: provisional,
    },
    {
      title: `CURRENT above COMMITTED in ${part}`,
      ok: false,
      fields: (line) => ({ currentTcb: bytes(1)(line) }),
    },
    {
      title: `CURRENT below the others in ${part}, provisional`,
      ok: false,
      fields: (line) => ({ currentTcb: bytes(-1)(line) }),
      demands: provisional,
    },
    {
      title: `COMMITTED above CURRENT in ${part}, provisional`,
      ok: false,
      fields: (line) => ({ committedTcb: bytes(1)(line) }),
      demands: provisional,
    },
    {
      title: `REPORTED below CURRENT in ${part}`,
      ok: true,
      fields: (line) => ({ reportedTcb: bytes(-1)(line) }),
      certified: moved(part, -1),
    },
    {
      title: `REPORTED and certificate above CURRENT in ${part}`,
      ok: false,
      fields: (line) => ({ reportedTcb: bytes(1)(line) }),
      certified: moved(part, 1),
    },
    { title: `certificate below REPORTED in ${part}`, ok: false, certified: moved(part, -1) },
    { title: `certificate above REPORTED in ${part}`, ok: false, certified: moved(part, 1) },
    {
      title: `LAUNCH above CURRENT in ${part}`,
      ok: true,
      fields: (line) => ({ launchTcb: bytes(1)(line) }),
    },
    {
      title: `LAUNCH below what is demanded in ${part}`,
      ok: false,
      fields: (line) => ({ launchTcb: bytes(-1)(line) }),
      demands: { launchTcb: BASE },
    },
    { title: `REPORTED as demanded in ${part}`, ok: true, demands: { tcb: BASE } },
    {
      title: `REPORTED below what is demanded in ${part}`,
      ok: false,
      demands: { tcb: moved(part, 1) },
    },
  ];
}

/** Firmware versions: build, minor, major. */
function firmwareRelations(): readonly Relation[] {
  const provisional = { provisional: true };
  const committed = [
    ["build", { committedBuild: 39 }, { committedBuild: 41 }],
    ["minor", { committedMinor: 54 }, { committedMinor: 56 }],
    ["major", { committedMajor: 0 }, { committedMajor: 2 }],
  ] as const;
  return [
    ...committed.flatMap(([name, lower, higher]): readonly Relation[] => [
      { title: `committed ${name} lower`, ok: false, fields: () => lower },
      {
        title: `committed ${name} lower, provisional`,
        ok: true,
        fields: () => lower,
        demands: provisional,
      },
      { title: `committed ${name} higher`, ok: false, fields: () => higher },
      {
        title: `committed ${name} higher, provisional`,
        ok: false,
        fields: () => higher,
        demands: provisional,
      },
    ]),
    {
      title: "committed build higher under a lower minor, provisional",
      ok: true,
      fields: () => ({ committedBuild: 60, committedMinor: 54 }),
      demands: provisional,
    },
    { title: "version as demanded", ok: true, demands: { version: [1, 55] } },
    { title: "version below what is demanded, minor", ok: false, demands: { version: [1, 56] } },
    { title: "version below what is demanded, major", ok: false, demands: { version: [2, 0] } },
    {
      title: "version above what is demanded, minor lower",
      ok: true,
      demands: { version: [0, 99] },
    },
    { title: "build as demanded", ok: true, demands: { build: 40 } },
    { title: "build below what is demanded", ok: false, demands: { build: 41 } },
    {
      title: "build below what is demanded, version above",
      ok: false,
      demands: { build: 41, version: [1, 50] },
    },
  ];
}

function relationCase(line: ProductLine, relation: Relation): Case {
  const { title, ok, fields, certified = BASE, demands } = relation;
  const vek: Vek = hierarchyOf(line).vcek({ tcb: certified });
  const tcb = encodeTcb(BASE, line);
  const usual = { currentTcb: tcb, committedTcb: tcb, launchTcb: tcb, reportedTcb: tcb };
  return makeCase(group, {
    name: `${line}: ${title}`,
    line,
    vek,
    report: vek.report(3, { ...usual, ...fields?.(line) }),
    expected: ok ? "accepted" : "rejected",
    ...(demands === undefined ? {} : { demands }),
  });
}

/** Reserved bytes of TCB versions, and parts that are as high as a byte goes. */
function extremes(): readonly Case[] {
  const hierarchy = hierarchyOf("Milan");
  const fields = ["currentTcb", "committedTcb", "launchTcb", "reportedTcb"] as const;
  const reserved = fields.map((field) => {
    const vek = hierarchy.vcek();
    const bytes = Uint8Array.from(vek.fields()[field]);
    bytes[3] = 1;
    return makeCase(group, {
      name: `reserved byte 3 of ${field} not zero, provisional`,
      report: vek.report(3, { [field]: bytes }),
      demands: { provisional: true },
      expected: "rejected",
    });
  });
  const highest = [
    ["microcode 255", { ...BASE, microcode: 255 }],
    ["snp 127", { ...BASE, snp: 127 }],
    ["snp 128", { ...BASE, snp: 128 }],
    ["bootloader 255", { ...BASE, bootloader: 255 }],
    ["all zero", { bootloader: 0, tee: 0, snp: 0, microcode: 0 }],
  ] as const;
  return [
    ...reserved,
    ...highest.map(([title, tcb]) =>
      makeCase(group, {
        name: `TCB with ${title}`,
        vek: hierarchy.vcek({ tcb }),
        expected: "accepted",
      }),
    ),
  ];
}

/** All of that on Milan, the TCB relations on Genoa as well. */
export function tcbCases(): readonly Case[] {
  const parts = PARTS.flatMap(relationsOf);
  return [
    ...[...parts, ...firmwareRelations()].map((relation) => relationCase("Milan", relation)),
    ...parts.map((relation) => relationCase("Genoa", relation)),
    ...extremes(),
  ];
}
