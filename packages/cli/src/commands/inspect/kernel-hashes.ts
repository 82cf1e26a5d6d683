// SPDX-License-Identifier: Apache-2.0
// The view of a kernel-hashes table, or of the page that holds one.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import type { Finding } from "@greenlight/core/finding";
import { KERNEL_HASHES_TABLE, cmdlineHash, noInitrdHash } from "@greenlight/core/launch";
import { pairs } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { fieldsToJson, hex } from "./view.ts";
import type { ArtefactOf, View } from "./view.ts";

/** The view of a table. Fields that break the layout are findings; the hashes are shown anyway. */
export function kernelHashesView({ bytes, offset }: ArtefactOf<"kernel-hashes">): View {
  const fields = annotate(KERNEL_HASHES_TABLE, bytes);
  const part = (name: "kernel" | "initrd" | "cmdline"): Uint8Array => {
    const at = KERNEL_HASHES_TABLE.offsetOf(name);
    return bytes.subarray(at, at + 32);
  };
  const kernel = hexEncode(part("kernel"));
  const initrd = hexEncode(part("initrd"));
  const cmdline = hexEncode(part("cmdline"));
  const noInitrd = initrd === hexEncode(noInitrdHash());
  const emptyCmdline = cmdline === hexEncode(cmdlineHash(""));
  const rows: readonly Pair[] = [
    ["kernel", kernel],
    ["initrd", initrd, ...(noInitrd ? ["no initrd (SHA-256 of nothing)"] : [])],
    ["cmdline", cmdline, ...(emptyCmdline ? ["empty command line (SHA-256 of one NUL)"] : [])],
  ];
  return {
    summary: offset === 0 ? "" : `at offset ${hex(offset)} of its page`,
    blocks: [pairs(rows)],
    findings: checkLayout(fields),
    json: { offset, kernel, initrd, cmdline, noInitrd, emptyCmdline, fields: fieldsToJson(fields) },
    dump: [{ title: "kernel-hashes table", bytes, fields }],
  };
}

function checkLayout(fields: ReturnType<typeof annotate>): readonly Finding[] {
  const broken = fields.find(({ problem }) => problem !== undefined);
  const source = KERNEL_HASHES_TABLE.source;
  const id = "kernel-hashes.layout.broken";
  if (broken === undefined) {
    const title = "GUIDs, lengths and padding of the table are as QEMU writes them";
    return [{ id, outcome: "pass", title, where: { artefact: "kernel-hashes table" }, source }];
  }
  return [
    {
      id,
      outcome: "fail",
      title: `Field ${broken.path} of the table ${broken.problem}`,
      where: { artefact: "kernel-hashes table", offset: broken.offset, size: broken.size },
      source,
      hint: "QEMU writes cmdline, initrd and kernel in this order; is the file complete?",
    },
  ];
}
