// SPDX-License-Identifier: Apache-2.0
// What the imitated host does wrong on purpose, as --host-fault names it.

import type { LabFaults } from "@greenlight/host/lab";
import { UsageError } from "../../command/usage-error.ts";
import { parseBytes } from "../../input/digest.ts";
import { readBounded } from "../../input/file.ts";
import { parseUnsigned } from "../../input/number.ts";

/** A report with certificates is smaller. */
const LARGEST_REPORT = 0x1_0000;

/** How the value of each fault is read. */
const FAULTS: Readonly<Record<string, (value: string, option: string) => LabFaults>> = {
  firmware: (firmware) => ({ firmware }),
  kernel: (kernel) => ({ kernel }),
  "kernel-behind-table": (kernelBehindTable) => ({ kernelBehindTable }),
  initrd: (initrd) => ({ initrd }),
  append: (append) => ({ append }),
  shim: (shim) => ({ shim }),
  disk: (disk) => ({ disk }),
  policy: (text, option) => ({ policy: parseUnsigned(text, option, (1n << 64n) - 1n) }),
  measurement: (text, option) => ({ measurement: parseBytes(text, option, 48) }),
  packet: (part, option) => ({ packet: partOf(part, option) }),
  "secret-gpa": (text, option) => ({ secretGpa: parseUnsigned(text, option, (1n << 52n) - 1n) }),
  session: (text, option) => ({ session: sessionOf(text, option) }),
  report: (path) => ({ report: readBounded(path, LARGEST_REPORT) }),
  "kill-at": (killAt) => ({ killAt }),
};

/** Names of the faults. */
const HOST_FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

/**
 * The faults of these texts, each NAME=VALUE.
 * @throws {UsageError} `bad-value` for a name there is not, or a value that is none.
 */
export function hostFaultsOf(texts: readonly string[]): LabFaults {
  const faults = texts.map((text) => {
    const at = text.indexOf("=");
    const name = text.slice(0, Math.max(0, at));
    const read = Object.hasOwn(FAULTS, name) ? FAULTS[name] : undefined;
    if (read !== undefined) return read(text.slice(at + 1), `--host-fault ${name}`);
    throw new UsageError(
      "bad-value",
      `--host-fault is ${JSON.stringify(text.slice(0, 60))}`,
      `write NAME=VALUE; names: ${HOST_FAULT_NAMES.join(", ")}`,
    );
  });
  return Object.fromEntries(faults.flatMap((fault) => Object.entries(fault)));
}

function partOf(text: string, option: string): "header" | "payload" {
  if (text === "header" || text === "payload") return text;
  throw new UsageError("bad-value", `${option} is neither header nor payload`);
}

function sessionOf(text: string, option: string): NonNullable<LabFaults["session"]> {
  const [godhFile, sessionFile, more] = text.split(":");
  if (godhFile !== undefined && sessionFile !== undefined && more === undefined) {
    return { godhFile, sessionFile };
  }
  throw new UsageError("bad-value", `${option} is not GODH-FILE:SESSION-FILE`);
}
