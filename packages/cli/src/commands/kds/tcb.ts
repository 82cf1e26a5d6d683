// SPDX-License-Identifier: Apache-2.0
// A TCB version as people type it.

import { hexDecode } from "@greenlight/core/bytes";
import { TCB_LAYOUTS, PRODUCT_LINES, decodeTcb } from "@greenlight/core/evidence";
import type { ProductLine, TcbPart, TcbVersion } from "@greenlight/core/evidence";
import { UsageError } from "../../command/usage-error.ts";
import { parseNumber } from "../../input/number.ts";

/** Names of the parts: ours and the KDS's. */
const NAMES: Readonly<Record<string, TcbPart>> = {
  fmc: "fmc",
  bootloader: "bootloader",
  bl: "bootloader",
  tee: "tee",
  snp: "snp",
  microcode: "microcode",
  ucode: "microcode",
};

/**
 * Reads `bootloader=3,tee=0,snp=8,microcode=115`, with the KDS's names too, or the 16 digits of
 * REPORTED_TCB as they stand in a report. Every part of the line's
 * TCB has to be there.
 * @throws {UsageError} `bad-value`.
 */
export function parseTcb(text: string, line: ProductLine, option: string): TcbVersion {
  const refuse = (reason: string): never => {
    const parts = Object.keys(TCB_LAYOUTS[PRODUCT_LINES[line].tcbLayout]);
    throw new UsageError(
      "bad-value",
      `${option} ${JSON.stringify(text.slice(0, 60))}: ${reason}`,
      `write ${parts.map((part) => `${part}=N`).join(",")}, or the 16 digits of REPORTED_TCB`,
    );
  };
  if (/^(0x)?[0-9a-f]{16}$/i.test(text)) {
    const { tcb, reserved } = decodeTcb(hexDecode(text), line);
    return reserved.length > 0 ? refuse(`has bytes set that are reserved on ${line}`) : tcb;
  }
  const layout = TCB_LAYOUTS[PRODUCT_LINES[line].tcbLayout];
  const values = new Map<TcbPart, number>();
  for (const pair of text.split(",")) {
    const [name = "", value = "", ...more] = pair.trim().split("=");
    const part = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
    if (part === undefined || more.length > 0) {
      return refuse(`${JSON.stringify(name.slice(0, 20))} is no part of a TCB`);
    }
    if (layout[part] === undefined) return refuse(`${part} does not exist on ${line}`);
    if (values.has(part)) return refuse(`${part} is given twice`);
    values.set(part, parseNumber(value, `${option} ${name}`, 255));
  }
  const value = (part: TcbPart): number => values.get(part) ?? refuse(`${part} is missing`);
  return {
    ...(layout.fmc === undefined ? {} : { fmc: value("fmc") }),
    bootloader: value("bootloader"),
    tee: value("tee"),
    snp: value("snp"),
    microcode: value("microcode"),
  };
}
