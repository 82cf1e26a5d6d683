// SPDX-License-Identifier: Apache-2.0
// Every command as bytes: buffers packed by hand after AMD's tables, with the outputs the methods give.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { sealReceivePacket, sealSecret } from "@greenlight/core/session";
import { COMMANDS, executeBuffer, seededRandom } from "@greenlight/psp/platform";
import type { CommandName, FailureName, MailboxMemory, Platform } from "@greenlight/psp/platform";
import {
  API,
  POLICY,
  bytes,
  done,
  joined,
  milan,
  refused,
  running,
  runningGuest,
  session,
} from "../support/sev.ts";

/** 256 KiB of memory at address 0x1000. */
class Memory implements MailboxMemory {
  readonly base = 0x1000n;
  readonly bytes = new Uint8Array(256 * 1024);

  read(paddr: bigint, length: number): Uint8Array | undefined {
    const at = this.#offset(paddr, length);
    return at === undefined ? undefined : this.bytes.subarray(at, at + length);
  }

  write(paddr: bigint, data: Uint8Array): boolean {
    const at = this.#offset(paddr, data.length);
    if (at !== undefined) this.bytes.set(data, at);
    return at !== undefined;
  }

  #offset(paddr: bigint, length: number): number | undefined {
    const at = paddr - this.base;
    return at >= 0n && at + BigInt(length) <= BigInt(this.bytes.length) ? Number(at) : undefined;
  }
}

type Packed = readonly (number | bigint | Uint8Array)[];

/** Packs a buffer: numbers are u32, bigints u64, as AMD's tables have them. */
function pack(...fields: Packed): Uint8Array {
  return joined(
    ...fields.map((field) => {
      if (field instanceof Uint8Array) return field;
      const out = new Uint8Array(typeof field === "bigint" ? 8 : 4);
      const view = new DataView(out.buffer);
      if (typeof field === "bigint") view.setBigUint64(0, field, true);
      else view.setUint32(0, field, true);
      return out;
    }),
  );
}

const u32 = (buffer: Uint8Array, at: number): number =>
  new DataView(buffer.buffer, buffer.byteOffset).getUint32(at, true);

/** A mailbox before a platform. */
function mailbox(platform: Platform): {
  readonly memory: Memory;
  readonly run: (name: CommandName, ...fields: Packed) => Uint8Array;
  readonly refuses: (name: CommandName, status: FailureName, ...fields: Packed) => Uint8Array;
} {
  const memory = new Memory();
  return {
    memory,
    run: (name, ...fields) => {
      const buffer = pack(...fields);
      done(executeBuffer(platform, COMMANDS[name], buffer, memory));
      return buffer;
    },
    refuses: (name, status, ...fields) => {
      const buffer = pack(...fields);
      refused(executeBuffer(platform, COMMANDS[name], buffer, memory), status);
      return buffer;
    },
  };
}

const A = 0x1000n;
const B = 0x8000n;
const C = 0x10000n;
const D = 0x18000n;

describe("platform commands as bytes", () => {
  test("INIT, PLATFORM_STATUS, SHUTDOWN, PLATFORM_RESET, NOP", () => {
    const { run, refuses } = mailbox(milan());
    refuses("INIT", "INVALID_PARAM", 2, 0, 0n, 0);
    refuses("INIT", "INVALID_ADDRESS", 1, 0, 0n, 0);
    run("INIT", 1, 0, A, 0x100000);
    const status = run("PLATFORM_STATUS", new Uint8Array(12));
    assert.deepEqual([...status], [1, 55, 1, 0, 1, 0, 0, 24, 0, 0, 0, 0]);
    run("NOP");
    run("SHUTDOWN");
    refuses("SHUTDOWN", "INVALID_PLATFORM_STATE");
    run("PLATFORM_RESET");
    run("INIT", 0, 0, 0n, 0);
    assert.equal(u32(run("PLATFORM_STATUS", new Uint8Array(12)), 4) & 1, 0);
  });

  test("PDH_CERT_EXPORT, PEK_CSR and GET_ID tell the lengths they need", () => {
    const platform = running();
    const { run, refuses, memory } = mailbox(platform);
    const query = refuses("PDH_CERT_EXPORT", "INVALID_LENGTH", 0n, 0, 0, 0n, 0);
    assert.deepEqual([u32(query, 8), u32(query, 24)], [2084, 6252]);
    run("PDH_CERT_EXPORT", A, 2084, 0, B, 6252);
    const { pdh, certs } = done(platform.sev.pdhCertExport());
    assert.deepEqual(memory.read(A, 2084), pdh);
    assert.deepEqual(memory.read(B, 6252), certs);
    assert.equal(u32(refuses("PEK_CSR", "INVALID_LENGTH", A, 0), 8), 2084);
    run("PEK_CSR", A, 2084);
    assert.deepEqual(memory.read(A, 2084), done(platform.sev.pekCsr()).csr);
    assert.equal(u32(refuses("GET_ID", "INVALID_LENGTH", A, 0), 8), 64);
    run("GET_ID", A, 64);
    assert.deepEqual(memory.read(A, 64), platform.chipId);
    run("PEK_GEN");
    run("PDH_GEN");
    run("DF_FLUSH");
    refuses("DOWNLOAD_FIRMWARE", "UNSUPPORTED", A, 16);
    refuses("PEK_CERT_IMPORT", "INVALID_CERTIFICATE", A, 2084, 0, B, 2084);
  });

  test("INIT_EX keeps the store in memory as the keys change", () => {
    const platform = milan();
    const { run, refuses, memory } = mailbox(platform);
    memory.bytes.fill(0xff);
    const size = 32 * 1024;
    refuses("INIT_EX", "INVALID_LENGTH", 35, 0, 0n, 0, 0, A, size);
    refuses("INIT_EX", "INVALID_LENGTH", 36, 0, 0n, 0, 0, A, size - 1);
    run("INIT_EX", 36, 0, 0n, 0, 0, A, size);
    const first = memory.read(A, size)!.slice();
    assert.deepEqual(first, platform.sev.nv());
    run("PDH_GEN");
    assert.notDeepEqual(memory.read(A, size), first);
    // A refused command changes nothing: the store is kept on.
    refuses("INIT", "INVALID_PLATFORM_STATE", 0, 0, 0n, 0);
    run("PDH_GEN");
    assert.deepEqual(memory.read(A, size), platform.sev.nv());
    run("SHUTDOWN");
    memory.bytes[8]! ^= 1;
    refuses("INIT_EX", "SECURE_DATA_INVALID", 36, 0, 0n, 0, 0, A, size);
    run("INIT_EX", 36, 0, 0n, 0, 0, A, size);
  });
});

describe("guest commands as bytes", () => {
  test("a launch with its secret", async () => {
    const platform = running({ random: seededRandom("mailbox") });
    const { run, refuses, memory } = mailbox(platform);
    const owner = await session(platform, POLICY | 4);
    memory.write(A, owner.godh);
    memory.write(B, owner.session);
    const started = run("LAUNCH_START", 0, owner.policy, A, 2084, 0, B, 128);
    const handle = u32(started, 0);
    assert.equal(handle, 1);
    refuses("LAUNCH_UPDATE_DATA", "INACTIVE", handle, 0, C, 4096);
    run("ACTIVATE", handle, 3);
    memory.write(C, bytes(4096));
    run("LAUNCH_UPDATE_DATA", handle, 0, C, 4096);
    refuses("LAUNCH_UPDATE_DATA", "INVALID_ADDRESS", handle, 0, C + 8n, 4096);
    refuses("LAUNCH_UPDATE_DATA", "INVALID_ADDRESS", handle, 0, 0xffff_ffff_f000n, 4096);
    refuses("LAUNCH_UPDATE_DATA", "INVALID_LENGTH", handle, 0, C, 0xffff_fff0);
    run("LAUNCH_UPDATE_VMSA", handle, 0, C, 4096);
    assert.equal(u32(refuses("LAUNCH_MEASURE", "INVALID_LENGTH", handle, 0, 0n, 0), 16), 48);
    // A measurement that cannot be told is not made.
    refuses("LAUNCH_MEASURE", "INVALID_ADDRESS", handle, 0, 0n, 48);
    run("LAUNCH_MEASURE", handle, 0, D, 48);
    const measure = memory.read(D, 32)!.slice();
    const table = bytes(64);
    const { keys } = owner;
    const packet = sealSecret({ keys, table, iv: bytes(16), measure, api: API });
    memory.write(A, packet.header);
    memory.write(B, packet.payload);
    refuses("LAUNCH_SECRET", "INVALID_ADDRESS", handle, 0, A, 52, 0, C + 1n, 64, 0, B, 64);
    refuses("LAUNCH_SECRET", "INVALID_LENGTH", handle, 0, A, 52, 0, C, 48, 0, B, 64);
    run("LAUNCH_SECRET", handle, 0, A, 52, 0, C, 64, 0, B, 64);
    assert.deepEqual(memory.read(C, 64), table);
    run("LAUNCH_FINISH", handle);
    const status = run("GUEST_STATUS", handle, 0, 0, Uint8Array.of(0));
    assert.deepEqual([u32(status, 4), u32(status, 8), status[12]], [owner.policy, 3, 3]);
    const short = refuses("ATTESTATION", "INVALID_LENGTH", handle, 0, 0n, bytes(16), 0);
    assert.equal(u32(short, 32), 208);
    const mnonce = bytes(16);
    run("ATTESTATION", handle, 0, D, mnonce, 208);
    assert.deepEqual(memory.read(D, 16), mnonce);
    refuses("DBG_DECRYPT", "POLICY_FAILURE", handle, 0, A, B, 16);
    run("DEACTIVATE", handle);
    run("DECOMMISSION", handle);
    refuses("GUEST_STATUS", "INVALID_PLATFORM_STATE", handle, 0, 0, Uint8Array.of(0));
  });

  test("sending, receiving, debugging, and what is not supported", async () => {
    const platform = running();
    const { run, refuses, memory } = mailbox(platform);
    const handle = runningGuest(platform, 0);
    const { pdh, certs } = done(platform.sev.pdhCertExport());
    memory.write(A, pdh);
    memory.write(B, certs);
    const to = [A, 2084, 0, B, 6252, 0, 0n, 0, 0] as const;
    const query = refuses("SEND_START", "INVALID_LENGTH", handle, 0, ...to, 0n, 0);
    assert.equal(u32(query, 64), 128);
    run("SEND_START", handle, 0, ...to, C, 128);
    const page = bytes(64);
    memory.write(D, page);
    const sizes = refuses(
      "SEND_UPDATE_DATA",
      "INVALID_LENGTH",
      handle,
      0,
      0n,
      0,
      0,
      D,
      64,
      0,
      0n,
      0,
    );
    assert.deepEqual([u32(sizes, 16), u32(sizes, 48)], [52, 64]);
    run("SEND_UPDATE_DATA", handle, 0, B, 52, 0, D, 64, 0, B + 64n, 64);
    run("SEND_FINISH", handle);

    const arrival = u32(run("RECEIVE_START", 0, 0, A, 2084, 0, C, 128), 0);
    run("ACTIVATE", arrival, 9);
    memory.write(D, new Uint8Array(64));
    run("RECEIVE_UPDATE_DATA", arrival, 0, B, 52, 0, D, 64, 0, B + 64n, 64);
    assert.deepEqual(memory.read(D, 64), page);
    run("RECEIVE_FINISH", arrival);
    run("DBG_DECRYPT", arrival, 0, D, A, 64);
    assert.deepEqual(memory.read(A, 64), page);
    run("DBG_ENCRYPT", arrival, 0, A, C, 64);
    assert.deepEqual(memory.read(C, 64), page);
    for (const name of ["COPY", "SWAP_OUT", "SWAP_IN"] as const) {
      refuses(name, "UNSUPPORTED", arrival);
    }

    const owner = await session(platform, 4);
    memory.write(A, owner.godh);
    memory.write(B, owner.session);
    const guest = u32(run("RECEIVE_START", 0, 4, A, 2084, 0, B, 128), 0);
    run("ACTIVATE", guest, 10);
    const { keys } = owner;
    const vmsa = sealReceivePacket({ keys, kind: "vmsa", page: bytes(4096), iv: bytes(16) });
    memory.write(A, vmsa.header);
    memory.write(B, vmsa.payload);
    run("RECEIVE_UPDATE_VMSA", guest, 0, A, 52, 0, C, 4096, 0, B, 4096);
    run("RECEIVE_FINISH", guest);
    refuses("SEND_CANCEL", "INVALID_GUEST_STATE", guest);
    refuses("SEND_UPDATE_VMSA", "INVALID_GUEST_STATE", guest, 0, B, 52, 0, D, 64, 0, C, 64);
  });
});

test("every command number runs a command, and no other number does", () => {
  const platform = running();
  const memory = new Memory();
  const known = new Set<number>(Object.values(COMMANDS));
  for (let id = 0; id < 0x100; id++) {
    const { status } = executeBuffer(platform, id, new Uint8Array(128), memory);
    assert.equal(status === "INVALID_COMMAND", !known.has(id), `0x${id.toString(16)}`);
  }
});

test("no buffer whatever makes a command fail otherwise than by its status", () => {
  const platform = running();
  const memory = new Memory();
  const small = fc.integer({ min: 0, max: 0x40 });
  const word = fc.oneof(small, fc.constantFrom(0x1000, 2084, 128, 52, 4096), fc.nat());
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(COMMANDS)),
      fc.array(word, { maxLength: 20 }),
      (id, words) => {
        const { status } = executeBuffer(platform, id, pack(...words), memory);
        assert.equal(typeof status, "string");
        if (done(platform.sev.platformStatus()).state === "UNINIT") done(platform.sev.init());
      },
    ),
    { numRuns: 500 },
  );
});
