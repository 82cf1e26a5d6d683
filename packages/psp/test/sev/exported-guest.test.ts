// SPDX-License-Identifier: Apache-2.0
// An owner sends a prepared guest: the file that core writes, loaded with RECEIVE_*; and what a host can
// do to it that the processor does not notice.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ciphersSync } from "@greenlight/core/cipher";
import { exportGuest, parseExportedGuest } from "@greenlight/core/session";
import type { ExportedGuest, ExportedPacket, GuestPart } from "@greenlight/core/session";
import { parseSevCertificate } from "@greenlight/core/sev-endorsement";
import type { Platform } from "@greenlight/psp/platform";
import { bytes, done, flipped, refused, running } from "../support/sev.ts";

const ES_POLICY = 0x7;

const PARTS: readonly GuestPart[] = [
  { kind: "data", gpa: 0xffff0000n, content: new Uint8Array(4096).fill(1) },
  { kind: "data", gpa: 0xffff1000n, content: new Uint8Array(4096).fill(2) },
  { kind: "vmsa", gpa: 0n, content: new Uint8Array(4096).fill(3) },
];

async function exportedFor(platform: Platform): Promise<ExportedGuest> {
  const { file } = await exportGuest({
    pdh: parseSevCertificate(done(platform.sev.pdhCertExport()).pdh),
    policy: ES_POLICY,
    randomness: {
      owner: ciphersSync.generateP384(),
      nonce: bytes(16),
      wrapIv: bytes(16),
      tek: bytes(16),
      tik: bytes(16),
    },
    parts: PARTS,
    freshIv: () => bytes(16),
  });
  return parseExportedGuest(file);
}

function begin(platform: Platform, { policy, godh, session }: ExportedGuest): number {
  const { handle } = done(platform.sev.receiveStart({ handle: 0, policy, godh, session }));
  done(platform.sev.activate({ handle, asid: 1 }));
  return handle;
}

function update(platform: Platform, handle: number, packet: ExportedPacket) {
  const { kind, header, payload } = packet;
  const input = { handle, header, payload };
  return kind === "data"
    ? platform.sev.receiveUpdateData(input)
    : platform.sev.receiveUpdateVmsa(input);
}

test("the platform it is for takes the guest in and runs it", async () => {
  const platform = running();
  const guest = await exportedFor(platform);
  const handle = begin(platform, guest);
  const contents = guest.packets.map((packet) => done(update(platform, handle, packet)).plaintext);
  assert.deepEqual(
    contents,
    PARTS.map(({ content }) => content),
  );
  done(platform.sev.receiveFinish({ handle }));
  assert.equal(done(platform.sev.guestStatus({ handle })).state, "RUNNING");
});

test("no other platform takes it, nor the same one after its PDH was renewed", async () => {
  const platform = running();
  const { policy, godh, session } = await exportedFor(platform);
  const start = { handle: 0, policy, godh, session };
  refused(running({ seed: "another" }).sev.receiveStart(start), "BAD_MEASUREMENT");
  refused(platform.sev.receiveStart({ ...start, policy: 0x4 }), "BAD_MEASUREMENT");
  done(platform.sev.pdhGen());
  refused(platform.sev.receiveStart(start), "BAD_MEASUREMENT");
});

test("a changed packet is refused, and so is memory as a save area", async () => {
  const platform = running();
  const guest = await exportedFor(platform);
  const handle = begin(platform, guest);
  const [first] = guest.packets;
  const { header, payload } = first!;
  const changed = { ...first!, payload: flipped(payload, 5) };
  refused(update(platform, handle, changed), "BAD_MEASUREMENT");
  refused(platform.sev.receiveUpdateVmsa({ handle, header, payload }), "BAD_MEASUREMENT");
});

test("dropped, repeated and exchanged packets are not noticed: the guest must check itself", async () => {
  const platform = running();
  const guest = await exportedFor(platform);
  const handle = begin(platform, guest);
  const [first, second] = guest.packets;
  for (const packet of [second!, second!, first!]) done(update(platform, handle, packet));
  done(platform.sev.receiveFinish({ handle }));
});
