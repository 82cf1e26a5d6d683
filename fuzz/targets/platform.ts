// SPDX-License-Identifier: Apache-2.0
// Targets of the software platform: command buffers from a host, stored platforms, the store of INIT_EX.

import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import {
  COMMANDS,
  PlatformError,
  createPlatform,
  executeBuffer,
  loadPlatform,
  seededRandom,
} from "../../packages/psp/src/platform/index.ts";
import type { MailboxMemory } from "../../packages/psp/src/platform/index.ts";
import { createSevProcessor } from "../../packages/psp/src/sev/create.ts";
import { chipOf, makeKeys } from "../../packages/psp/src/sev/keys.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, concat, declared, textOf } from "./support.ts";

const OPTIONS = { line: "Milan", api: { major: 1, minor: 55, build: 24 }, es: true } as const;
const SHARED = {
  ...OPTIONS,
  seed: "greenlight",
  names: "simulator",
  chipId: new Uint8Array(64),
  random: seededRandom("fuzz"),
  faults: {},
} as const;
/** Made once: keys do not change, and every input meets a processor of its own that has these. */
const CHIP = chipOf(SHARED);
const KEYS = makeKeys(CHIP);

function stored(): Uint8Array {
  const platform = createPlatform({ ...OPTIONS, random: seededRandom("fuzz") });
  platform.sev.init();
  return bytesOf(JSON.stringify(platform.toJson()));
}

/** Memory that is the input itself, from address 0 on, with room to write behind it. */
function memoryOf(data: Uint8Array): MailboxMemory {
  const bytes = concat(data, new Uint8Array(0x10000));
  const isInside = (paddr: bigint, length: number): boolean =>
    paddr + BigInt(length) <= BigInt(bytes.length);
  return {
    read: (paddr, length) =>
      isInside(paddr, length) ? bytes.subarray(Number(paddr), Number(paddr) + length) : undefined,
    write: (paddr, written) => {
      if (!isInside(paddr, written.length)) return false;
      bytes.set(written, Number(paddr));
      return true;
    },
  };
}

/** One byte of a command's number, then its buffer, for as many commands as there are. */
const STEP = 69;

function execute(data: Uint8Array): void {
  const random = seededRandom("fuzz");
  const shared = { ...SHARED, random };
  const platform = { sev: createSevProcessor(shared, { ...CHIP, random }, KEYS).processor };
  const memory = memoryOf(data);
  for (let at = 0; at < Math.min(data.length, 8 * STEP); at += STEP) {
    const buffer = data.slice(at + 1, at + STEP);
    const result = executeBuffer(platform, data[at]!, buffer, memory);
    check(result.status === "SUCCESS" || result.reason !== "", "a refusal says why");
  }
  const { status } = platform.sev.platformStatus();
  check(status === "SUCCESS", "the platform still answers");
}

const step = (id: number, ...fields: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(STEP);
  bytes[0] = id;
  const view = new DataView(bytes.buffer);
  for (const [index, value] of fields.entries()) view.setUint32(1 + 4 * index, value, true);
  return bytes;
};

const LAUNCH = concat(
  step(COMMANDS.INIT, 0, 0, 0, 0, 0),
  step(COMMANDS.LAUNCH_START, 0, 3),
  step(COMMANDS.ACTIVATE, 1, 1),
  step(COMMANDS.LAUNCH_UPDATE_DATA, 1, 0, 0, 0, 64),
  step(COMMANDS.LAUNCH_MEASURE, 1, 0, 0x400, 0, 48),
  step(COMMANDS.LAUNCH_FINISH, 1),
  step(COMMANDS.ATTESTATION, 1, 0, 0x400, 0, 0, 0, 0, 0, 208),
);
const EXPORT = concat(
  step(COMMANDS.INIT, 0, 0, 0, 0, 0),
  step(COMMANDS.PDH_CERT_EXPORT, 0x400, 0, 2084, 0, 0x1000, 0, 6252),
  step(COMMANDS.PEK_CSR, 0x400, 0, 2084),
  step(COMMANDS.PEK_CERT_IMPORT, 0x400, 0, 2084, 0, 0x400, 0, 2084),
  step(COMMANDS.RECEIVE_START, 0, 0, 0x400, 0, 2084, 0, 0x1000, 0, 128),
);

const expected = declared(LayoutError, PlatformError);

export const targets: readonly Target[] = [
  {
    name: "platform-mailbox",
    seeds: () => [LAUNCH, EXPORT],
    maxLength: 1024,
    expected: () => false,
    run: execute,
  },
  {
    name: "platform-stored",
    seeds: () => [stored()],
    text: true,
    maxLength: 16_384,
    expected: (error) => error instanceof SyntaxError || expected(error),
    run(data) {
      const platform = loadPlatform(JSON.parse(textOf(data)));
      const again = loadPlatform(JSON.parse(JSON.stringify(platform.toJson())));
      check(
        JSON.stringify(again.toJson()) === JSON.stringify(platform.toJson()),
        "what was loaded is stored as it was",
      );
    },
  },
];
