// SPDX-License-Identifier: Apache-2.0
// How a lab's host misbehaves, from the words of a plan: `kernel=other-vmlinuz`, `drop=query-sev`.

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { LayoutError, hexDecode } from "@greenlight/core/bytes";
import type { LabFaults, MessageFault } from "../../lab/index.ts";
import { GuestLaunchError } from "../error.ts";

type Draft = { -readonly [K in keyof LabFaults]: LabFaults[K] };

interface FaultRow {
  /** What stands behind the equals sign. */
  readonly value: string;
  readonly apply: (draft: Draft, value: string, folder: string) => void | Promise<void>;
}

const file = (name: "firmware" | "kernel" | "initrd" | "kernelBehindTable" | "shim" | "disk") => ({
  value: "FILE",
  apply: (draft: Draft, value: string, folder: string) => {
    draft[name] = resolve(folder, value);
  },
});

const message = (kind: MessageFault["kind"]): FaultRow => ({
  value: "QMP-COMMAND",
  apply(draft, value) {
    draft.messages = [...(draft.messages ?? []), { kind, command: value }];
  },
});

const FAULTS: ReadonlyMap<string, FaultRow> = new Map<string, FaultRow>([
  ["firmware", file("firmware")],
  ["kernel", file("kernel")],
  ["initrd", file("initrd")],
  ["kernel-behind-table", file("kernelBehindTable")],
  ["shim", file("shim")],
  ["disk", file("disk")],
  ["append", { value: "TEXT", apply: (draft, value) => void (draft.append = value) }],
  [
    "session",
    {
      value: "FOLDER/NAME",
      apply(draft, value, folder) {
        const begin = resolve(folder, value);
        draft.session = { godhFile: `${begin}_godh.b64`, sessionFile: `${begin}_session.b64` };
      },
    },
  ],
  [
    "policy",
    {
      value: "NUMBER",
      apply(draft, value) {
        if (!/^(0x[0-9a-f]{1,16}|[0-9]{1,18})$/i.test(value)) throw bad(`policy=${value}`);
        draft.policy = BigInt(value);
      },
    },
  ],
  [
    "measurement",
    {
      value: "DIGITS",
      apply(draft, value) {
        try {
          draft.measurement = hexDecode(value);
        } catch (error) {
          if (!(error instanceof LayoutError)) throw error;
          throw bad(`measurement=${value.slice(0, 40)}`);
        }
      },
    },
  ],
  [
    "packet",
    {
      value: "header or payload",
      apply(draft, value) {
        if (value !== "header" && value !== "payload") throw bad(`packet=${value}`);
        draft.packet = value;
      },
    },
  ],
  [
    "chain",
    {
      value: "FOLDER with pdh.cert and cert_chain.cert",
      async apply(draft, value, folder) {
        const read = async (name: string) => {
          const path = join(resolve(folder, value), name);
          return readFile(path).catch(() => {
            throw bad(`chain=${value}`);
          });
        };
        draft.chain = { pdh: await read("pdh.cert"), certChain: await read("cert_chain.cert") };
      },
    },
  ],
  ["kill-at", { value: "QMP-COMMAND", apply: (draft, value) => void (draft.killAt = value) }],
  ["drop", message("drop")],
  ["repeat", message("repeat")],
  ["reorder", message("reorder")],
  ["truncate", message("truncate")],
  ["delay", message("delay")],
  ["garbage", message("garbage")],
]);

/** Names of faults, and what stands behind each one's equals sign. */
export const LAB_FAULT_WORDS: readonly (readonly [name: string, value: string])[] = [...FAULTS].map(
  ([name, { value }]) => [name, value],
);

/**
 * The faults that words stand for.
 * @param folder What their paths are relative to.
 * @throws {GuestLaunchError} `host-unsupported` for words that are none.
 */
export async function labFaults(words: readonly string[], folder: string): Promise<LabFaults> {
  const draft: Draft = {};
  for (const word of words) {
    const equals = word.indexOf("=");
    const row = FAULTS.get(equals === -1 ? word : word.slice(0, equals));
    if (row === undefined || equals === -1) throw bad(word);
    await row.apply(draft, word.slice(equals + 1), folder);
  }
  return draft;
}

function bad(word: string): GuestLaunchError {
  const known = LAB_FAULT_WORDS.map(([name, value]) => `${name}=${value}`).join(", ");
  return new GuestLaunchError(
    "host-unsupported",
    `${JSON.stringify(word.slice(0, 60))} is no fault of the lab host`,
    { hint: `these are: ${known}` },
  );
}
