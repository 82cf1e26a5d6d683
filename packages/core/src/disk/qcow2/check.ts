// SPDX-License-Identifier: Apache-2.0
// Judging the header of a qcow2 image: what makes its disk more, or other, than what is in the file.

import { hexNumber } from "../../bytes/index.ts";
import type { Finding } from "../../finding/index.ts";
import { found, judged } from "../finding.ts";
import { QCOW2_INCOMPATIBLE } from "./header.ts";
import type { Qcow2Header } from "./header.ts";
import { isReadable } from "./image.ts";

const source = "QEMU docs/interop/qcow2.txt";

/** Judges a header; every check is reported. */
export function checkQcow2(header: Qcow2Header): readonly Finding[] {
  const { incompatible, backingFileOffset, snapshots, encryption } = header;
  const isSet = (bit: bigint): boolean => (incompatible & bit) !== 0n;
  const marked = isSet(QCOW2_INCOMPATIBLE.dirty) || isSet(QCOW2_INCOMPATIBLE.corrupt);
  return [
    found("disk.qcow2.unreadable", isReadable(header) ? "pass" : "unknown", {
      actual: `incompatible features ${hexNumber(incompatible)}, encryption ${encryption}`,
      hint: "qemu-img convert makes an image that can be checked",
      source,
    }),
    judged("disk.qcow2.backing-file", backingFileOffset === 0n, {
      hint: "qemu-img convert makes an image without one",
      source,
    }),
    judged("disk.qcow2.external-data", !isSet(QCOW2_INCOMPATIBLE.externalData), { source }),
    judged("disk.qcow2.snapshots", snapshots === 0, {
      expected: "0",
      actual: String(snapshots),
      hint: "qemu-img snapshot -d removes one, qemu-img convert leaves all out",
      source,
    }),
    found("disk.qcow2.marked", marked ? "warn" : "pass", {
      actual: hexNumber(incompatible),
      hint: "qemu-img check says more",
      source,
    }),
  ];
}
