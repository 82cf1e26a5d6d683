// SPDX-License-Identifier: Apache-2.0
// A guest on its way from one platform to another, and an owner who sends one itself.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openReceivePacket, sealReceivePacket } from "@greenlight/core/session";
import { systemRandom } from "@greenlight/psp/platform";
import type { Platform } from "@greenlight/psp/platform";
import { generateEcKey } from "../../src/platform/ec-key.ts";
import { signCertificate, unsignedCertificate } from "../../src/sev/certificates.ts";
import {
  API,
  bytes,
  done,
  flipped,
  joined,
  refused,
  running,
  runningGuest,
  session,
} from "../support/sev.ts";

const NOSEND = 0x8;
const DOMAIN = 0x10;
const SEV = 0x20;
const ES = 0x4;

/** What SEND_START is told about its target, with the CEK that the key server has. */
function target(platform: Platform): {
  readonly pdh: Uint8Array;
  readonly platformCerts: Uint8Array;
  readonly amdCerts: Uint8Array;
} {
  const { pdh, certs } = done(platform.sev.pdhCertExport());
  const { ask, ark } = platform.authorities;
  return {
    pdh,
    platformCerts: joined(certs.subarray(0, 2 * 2084), platform.signedCek()),
    amdCerts: joined(ask, ark),
  };
}

/** Gives both platforms the same owner. */
function ownTogether(...platforms: readonly Platform[]): void {
  const key = generateEcKey(systemRandom);
  const signer = [{ usage: "OCA", key }] as const;
  const oca = signCertificate(unsignedCertificate("OCA", key.point, API), signer, systemRandom);
  for (const { sev } of platforms) {
    const { csr } = done(sev.pekCsr());
    done(sev.pekCertImport({ pek: signCertificate(csr, signer, systemRandom), oca }));
  }
}

describe("sending", () => {
  test("takes memory and save areas to the other platform, where the guest runs on", () => {
    const [source, sink] = [running(), running()];
    ownTogether(source, sink);
    const policy = SEV | DOMAIN | ES;
    const handle = runningGuest(source, policy);
    const sourcePdh = done(source.sev.pdhCertExport()).pdh;
    const sent = done(source.sev.sendStart({ handle, ...target(sink) }));
    assert.equal(sent.policy, policy);
    assert.equal(done(source.sev.guestStatus({ handle })).state, "SUPDATE");
    const arrival = done(
      sink.sev.receiveStart({ handle: 0, policy, godh: sourcePdh, session: sent.session }),
    ).handle;
    done(sink.sev.activate({ handle: arrival, asid: 5 }));
    const [page, vmsa] = [bytes(4096), bytes(4096)];
    const first = done(source.sev.sendUpdateData({ handle, data: page }));
    assert.notDeepEqual(first.payload, page);
    const { plaintext } = done(sink.sev.receiveUpdateData({ handle: arrival, ...first }));
    assert.deepEqual(plaintext, page);
    const second = done(source.sev.sendUpdateVmsa({ handle, data: vmsa }));
    assert.deepEqual(
      done(sink.sev.receiveUpdateVmsa({ handle: arrival, ...second })).plaintext,
      vmsa,
    );
    // Packets of one kind are not taken as the other.
    refused(sink.sev.receiveUpdateData({ handle: arrival, ...second }), "BAD_MEASUREMENT");
    refused(sink.sev.receiveUpdateVmsa({ handle: arrival, ...first }), "BAD_MEASUREMENT");
    done(source.sev.sendFinish({ handle }));
    done(sink.sev.receiveFinish({ handle: arrival }));
    assert.equal(done(source.sev.guestStatus({ handle })).state, "SENT");
    assert.equal(done(sink.sev.guestStatus({ handle: arrival })).state, "RUNNING");
    // What arrived was not launched here: there is no digest to state.
    const report = sink.sev.attestation({ handle: arrival, mnonce: bytes(16) });
    refused(report, "INVALID_GUEST_STATE");
  });

  test("can be given up, and begun again with other keys", () => {
    const [source, sink] = [running(), running()];
    const handle = runningGuest(source, 0);
    const first = done(source.sev.sendStart({ handle, ...target(sink) }));
    done(source.sev.sendCancel({ handle }));
    assert.equal(done(source.sev.guestStatus({ handle })).state, "RUNNING");
    const second = done(source.sev.sendStart({ handle, ...target(sink) }));
    assert.notDeepEqual(second.session, first.session);
  });

  test("is refused where the policy forbids it", () => {
    const [source, sink] = [running(), running()];
    const to = target(sink);
    refused(
      source.sev.sendStart({ handle: runningGuest(source, NOSEND), ...to }),
      "POLICY_FAILURE",
    );
    const domain = runningGuest(source, DOMAIN, 2);
    refused(source.sev.sendStart({ handle: domain, ...to }), "POLICY_FAILURE");
    const old = running({ api: { major: 1, minor: 40, build: 1 } });
    const minimum = runningGuest(source, (41 << 24) | (1 << 16), 3);
    refused(source.sev.sendStart({ handle: minimum, ...target(old) }), "POLICY_FAILURE");
    done(source.sev.sendStart({ handle: minimum, ...to }));
  });

  test("is refused to platforms that no known root endorses, where the policy asks for AMD's", () => {
    const source = running();
    const handle = runningGuest(source, SEV);
    const sink = running();
    const to = target(sink);
    const attempt = (changes: Partial<typeof to>): ReturnType<Platform["sev"]["sendStart"]> =>
      source.sev.sendStart({ handle, ...to, ...changes });
    const unsignedCek = done(sink.sev.pdhCertExport()).certs;
    refused(attempt({ platformCerts: unsignedCek }), "BAD_SIGNATURE");
    const forged = running({ seed: "other" });
    refused(source.sev.sendStart({ handle, ...target(forged) }), "BAD_SIGNATURE");
    const genoa = target(running({ line: "Genoa" }));
    refused(source.sev.sendStart({ handle, ...genoa }), "BAD_SIGNATURE");
    refused(attempt({ amdCerts: target(forged).amdCerts }), "BAD_SIGNATURE");
    refused(attempt({ amdCerts: to.amdCerts.subarray(2) }), "INVALID_CERTIFICATE");
    refused(attempt({ amdCerts: flipped(to.amdCerts, 4) }), "BAD_SIGNATURE");
    // The CEK's signature, said to be with SHA-256.
    const misnamed = flipped(to.platformCerts, 2 * 2084 + 0x419);
    refused(attempt({ platformCerts: misnamed }), "BAD_SIGNATURE");
    done(attempt({}));
  });

  test("is refused to platforms whose certificates do not hang together", () => {
    const source = running();
    const handle = runningGuest(source, 0);
    const [one, two] = [target(running()), target(running())];
    const attempt = (changes: Partial<typeof one>): ReturnType<Platform["sev"]["sendStart"]> =>
      source.sev.sendStart({ handle, ...one, ...changes });
    refused(attempt({ pdh: two.pdh }), "BAD_SIGNATURE");
    refused(attempt({ platformCerts: two.platformCerts }), "BAD_SIGNATURE");
    // API version of PEK, OCA and CEK in turn: CEK and OCA are not signed over each other.
    for (const offset of [5, 2084 + 5]) {
      refused(attempt({ platformCerts: flipped(one.platformCerts, offset) }), "BAD_SIGNATURE");
    }
    refused(attempt({ pdh: flipped(one.pdh, 8) }), "INVALID_CERTIFICATE");
    refused(attempt({ pdh: one.pdh.subarray(1) }), "INVALID_LENGTH");
    refused(attempt({ platformCerts: one.platformCerts.subarray(1) }), "INVALID_LENGTH");
    // AMD's chain is not looked at: the policy does not ask for it.
    done(attempt({ amdCerts: new Uint8Array(0) }));
  });
});

describe("receiving", () => {
  test("takes a guest from an owner who is no platform", async () => {
    const platform = running();
    const owner = await session(platform);
    const { godh, policy, session: made, keys } = owner;
    const { handle } = done(platform.sev.receiveStart({ handle: 0, policy, godh, session: made }));
    done(platform.sev.activate({ handle, asid: 1 }));
    const page = bytes(4096);
    const packet = sealReceivePacket({ keys, kind: "data", page, iv: bytes(16) });
    // No packet is bound to a place, nor to its turn.
    const twice = [packet, packet].map((each) =>
      done(platform.sev.receiveUpdateData({ handle, ...each })),
    );
    for (const { plaintext } of twice) assert.deepEqual(plaintext, page);
    const { header, payload } = packet;
    const open = (
      changes: Partial<typeof packet>,
    ): ReturnType<Platform["sev"]["receiveUpdateData"]> =>
      platform.sev.receiveUpdateData({ handle, header, payload, ...changes });
    refused(open({ payload: flipped(payload, 100) }), "BAD_MEASUREMENT");
    refused(open({ header: flipped(header, 30) }), "BAD_MEASUREMENT");
    refused(open({ header: flipped(header) }), "INVALID_PARAM");
    refused(open({ payload: payload.subarray(3) }), "INVALID_LENGTH");
    refused(platform.sev.receiveUpdateVmsa({ handle, ...packet }), "POLICY_FAILURE");
    refused(platform.sev.launchUpdateData({ handle, data: page }), "INVALID_GUEST_STATE");
    done(platform.sev.receiveFinish({ handle }));
  });

  test("refuses a session for another policy or another platform, as LAUNCH_START does", async () => {
    const platform = running();
    const { godh, policy, session: made } = await session(platform);
    const attempt = { handle: 0, policy, godh, session: made };
    refused(platform.sev.receiveStart({ ...attempt, policy: 0 }), "BAD_MEASUREMENT");
    refused(running().sev.receiveStart(attempt), "BAD_MEASUREMENT");
    refused(
      platform.sev.receiveStart({ ...attempt, godh: flipped(godh, 8) }),
      "INVALID_CERTIFICATE",
    );
  });
});

test("packets that leave are what core opens with the keys of the session", async () => {
  // The target is an owner: a platform whose PDH it holds stands in for it.
  const [source, sink] = [running(), running()];
  const handle = runningGuest(source, 0);
  const { pdh } = done(source.sev.pdhCertExport());
  const { session: made } = done(source.sev.sendStart({ handle, ...target(sink) }));
  const page = bytes(64);
  const packet = done(source.sev.sendUpdateData({ handle, data: page }));
  const arrival = done(sink.sev.receiveStart({ handle: 0, policy: 0, godh: pdh, session: made }));
  done(sink.sev.activate({ ...arrival, asid: 1 }));
  assert.deepEqual(done(sink.sev.receiveUpdateData({ ...arrival, ...packet })).plaintext, page);
  const { header, payload } = packet;
  const keys = { tek: bytes(16), tik: bytes(16) };
  const opened = openReceivePacket({ keys, kind: "data", header, payload });
  assert.equal(opened.status, "bad-mac");
});
