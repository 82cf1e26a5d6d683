// SPDX-License-Identifier: Apache-2.0
// Certificate tables: what may stand in them, and what is wrong with those of hostile hosts.

import { certificateTable, createHierarchy } from "@greenlight/psp/hierarchy";
import type { TableEntry, TableOptions } from "@greenlight/psp/hierarchy";
import { hierarchyOf, makeCase, vekEntry } from "../case.ts";
import type { Case } from "../case.ts";

const UNKNOWN = "00112233-4455-6677-8899-aabbccddeeff";

function pem(der: Uint8Array): Uint8Array {
  const body = Buffer.from(der)
    .toString("base64")
    .replaceAll(/(.{64})/g, "$1\n");
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`);
}

/** All of them. */
export function tableCases(): readonly Case[] {
  const hierarchy = hierarchyOf("Milan");
  const vek = hierarchy.vcek();
  const vlek = hierarchy.vlek();
  const own = vekEntry(vek);
  const ark: TableEntry = { guid: "ARK", bytes: hierarchy.ark.der };
  const ask: TableEntry = { guid: "ASK", bytes: hierarchy.ask.der };
  const raw = (name: string, table: Uint8Array, ok: boolean): Case =>
    makeCase("certificate table", {
      name,
      evidence: Uint8Array.from(Buffer.concat([vek.report(), table])),
      expected: ok ? "accepted" : "rejected",
    });
  const listed = (
    name: string,
    entries: readonly TableEntry[],
    ok: boolean,
    options: TableOptions = {},
  ): Case => raw(name, certificateTable(entries, options), ok);
  const forged = createHierarchy({ line: "Milan", names: "forged-amd", seed: "other" });
  const usual = certificateTable([own]);
  const header = (change: (view: DataView) => void): Uint8Array => {
    const table = Uint8Array.from(usual);
    change(new DataView(table.buffer));
    return table;
  };
  const extra: TableEntry = { guid: UNKNOWN, bytes: Uint8Array.of(1, 2, 3) };
  return [
    listed("VCEK alone", [own], true),
    listed("ARK, ASK, VCEK", [ark, ask, own], true),
    listed("VCEK, ASK, ARK", [own, ask, ark], true),
    listed("VCEK and VLEK", [own, vekEntry(vlek)], true),
    listed("padded with zeros to pages", [own], true, { pageSize: 4096 }),
    listed("an unknown entry", [own, extra], true),
    listed("an empty unknown entry", [own, { ...extra, bytes: new Uint8Array() }], true),
    listed("two unknown entries of one GUID", [own, extra, extra], true),
    listed("no entries", [], false),
    listed("ARK and ASK without VCEK", [ark, ask], false),
    listed("VLEK for a report of a VCEK", [vekEntry(vlek)], false),
    listed("GUIDs in EFI's byte order", [own], false, { guidOrder: "efi" }),
    listed("no empty entry at the end", [own], false, { terminator: false }),
    listed("VCEK twice, the same", [own, own], false),
    listed("VCEK twice, another first", [vekEntry(hierarchy.vcek({ keyLabel: "x" })), own], false),
    listed("VCEK twice, another last", [own, vekEntry(hierarchy.vcek({ keyLabel: "x" }))], false),
    listed(
      "forged ARK and ASK beside the VCEK",
      [{ guid: "ARK", bytes: forged.ark.der }, { guid: "ASK", bytes: forged.ask.der }, own],
      true,
    ),
    listed(
      "a whole forged chain",
      [
        { guid: "ARK", bytes: forged.ark.der },
        { guid: "ASK", bytes: forged.ask.der },
        vekEntry(forged.vcek()),
      ],
      false,
    ),
    listed(
      "ARK and ASK that are text",
      [{ guid: "ARK", bytes: Buffer.from("x") }, { guid: "ASK", bytes: Buffer.from("y") }, own],
      false,
    ),
    listed("PEM in place of DER", [{ guid: "VCEK", bytes: pem(vek.der) }], true),
    listed(
      "PEM for all",
      [
        { guid: "ARK", bytes: pem(hierarchy.ark.der) },
        { guid: "ASK", bytes: pem(hierarchy.ask.der) },
        { guid: "VCEK", bytes: pem(vek.der) },
      ],
      true,
    ),
    listed(
      "PEM of two certificates",
      [{ guid: "VCEK", bytes: Buffer.concat([pem(vek.der), pem(hierarchy.ask.der)]) }],
      false,
    ),
    raw(
      "offset in the header",
      header((view) => view.setUint32(16, 24, true)),
      false,
    ),
    raw(
      "offset zero",
      header((view) => view.setUint32(16, 0, true)),
      false,
    ),
    raw(
      "offset behind the end",
      header((view) => view.setUint32(16, 0x7fffffff, true)),
      false,
    ),
    raw(
      "length behind the end",
      header((view) => view.setUint32(20, 0x7fffffff, true)),
      false,
    ),
    raw(
      "length one too long",
      header((view) => view.setUint32(20, vek.der.length + 1, true)),
      false,
    ),
    raw(
      "length one too short",
      header((view) => view.setUint32(20, vek.der.length - 1, true)),
      false,
    ),
    raw(
      "length zero",
      header((view) => view.setUint32(20, 0, true)),
      false,
    ),
    raw(
      "offset and length that wrap around",
      header((view) => {
        view.setUint32(16, 0x100, true);
        view.setUint32(20, 0xffffff80, true);
      }),
      false,
    ),
    raw(
      "offset near 2^32",
      header((view) => {
        view.setUint32(16, 0xfffffff0, true);
        view.setUint32(20, 0x20, true);
      }),
      false,
    ),
    raw("cut off in the header", usual.slice(0, 20), false),
    raw("cut off in the empty entry", usual.slice(0, 47), false),
    raw("cut off in the certificate", usual.slice(0, -10), false),
    raw("all zero", new Uint8Array(4096), false),
    raw("all ones", new Uint8Array(4096).fill(0xff), false),
  ];
}
