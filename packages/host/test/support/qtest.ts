// SPDX-License-Identifier: Apache-2.0
// What a QEMU offers to firmware through fw_cfg, read as firmware reads it: over its ports, by qtest.

import { connect } from "node:net";
import { createInterface } from "node:readline";

/** Selector and data port, and the key of the directory (QEMU: docs/specs/fw_cfg.rst). */
const SELECTOR = 0x510;
const DATA = 0x511;
const DIRECTORY = 0x19;

/** Size of a directory entry, and where its name is. */
const ENTRY = 64;
const NAME = 8;

/** Names of all fw_cfg files of a QEMU that serves qtest at a socket. */
export async function fwCfgNames(path: string): Promise<readonly string[]> {
  const socket = connect(path);
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]();
  const ask = async (line: string): Promise<string> => {
    socket.write(`${line}\n`);
    for (;;) {
      const { value, done } = await answers.next();
      if (done === true) throw new Error("qtest ended");
      // Interrupts are told in between.
      if (value.startsWith("OK")) return value.slice(3);
    }
  };
  const read = async (count: number): Promise<Buffer> => {
    const bytes = Buffer.alloc(count);
    for (let i = 0; i < count; i++) bytes[i] = Number(await ask(`inb ${DATA}`));
    return bytes;
  };
  try {
    await ask(`outw ${SELECTOR} ${DIRECTORY}`);
    const count = (await read(4)).readUInt32BE();
    const names: string[] = [];
    for (let i = 0; i < count; i++) {
      const entry = await read(ENTRY);
      names.push(entry.toString("latin1", NAME).split("\0", 1)[0] ?? "");
    }
    return names;
  } finally {
    socket.destroy();
  }
}
