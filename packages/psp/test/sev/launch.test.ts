// SPDX-License-Identifier: Apache-2.0
// The launch: what core's owner side makes is what the platform takes, and the other way round; every
// other input is refused with the status the firmware has for it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { sealSecret } from "@greenlight/core/session";
import type { LaunchSession } from "@greenlight/core/session";
import type { Platform } from "@greenlight/psp/platform";
import { endSession } from "../../src/sev/guest.ts";
import type { Guest } from "../../src/sev/guest.ts";
import {
  API,
  POLICY,
  bytes,
  done,
  expected,
  flipped,
  launched,
  measured,
  milan,
  refused,
  running,
  session,
} from "../support/sev.ts";

const ES = 0x4;

describe("an owner's launch", () => {
  for (const api of [API, { major: 0, minor: 17, build: 22 }, { major: 0, minor: 16, build: 1 }]) {
    test(`of API ${api.major}.${api.minor} is measured and gets its secret`, async () => {
      const platform = running({ api });
      const owner = await session(platform);
      const handle = launched(platform, owner);
      const [firmware, table] = [bytes(4096), bytes(176)];
      done(platform.sev.launchUpdateData({ handle, data: firmware }));
      done(platform.sev.launchUpdateData({ handle, data: table }));
      const { measure, mnonce } = measured(platform, handle);
      assert.deepEqual(measure, expected(owner, [firmware, table], mnonce, api));

      const secret = bytes(64);
      const packet = sealSecret({ keys: owner.keys, table: secret, iv: bytes(16), measure, api });
      const { plaintext } = done(platform.sev.launchSecret({ handle, ...packet }));
      assert.deepEqual(plaintext, secret);
      done(platform.sev.launchFinish({ handle }));
      assert.equal(done(platform.sev.guestStatus({ handle })).state, "RUNNING");
    });
  }

  test("with SEV-ES covers the save areas after everything else", async () => {
    const platform = running();
    const owner = await session(platform, POLICY | ES);
    const handle = launched(platform, owner);
    const [data, vmsa] = [bytes(32), bytes(4096)];
    done(platform.sev.launchUpdateData({ handle, data }));
    done(platform.sev.launchUpdateVmsa({ handle, data: vmsa }));
    const { measure, mnonce } = measured(platform, handle);
    assert.deepEqual(measure, expected(owner, [data, vmsa], mnonce));
  });

  test("the measurement covers the sequence of bytes and not how it was cut (CVE-2021-26311)", async () => {
    const platform = running({ faults: { mnonce: "repeated" } });
    const owner = await session(platform);
    const all = bytes(160);
    const blobs: string[] = [];
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 9 });
    let asid = 1;
    fc.assert(
      fc.property(cuts, (at) => {
        const handle = launched(platform, owner, asid++);
        const ends = [...at.toSorted((a, b) => a - b), 10].map((end) => end * 16);
        let start = 0;
        for (const end of ends) {
          done(platform.sev.launchUpdateData({ handle, data: all.subarray(start, end) }));
          start = end;
        }
        blobs.push(Buffer.from(done(platform.sev.launchMeasure({ handle })).blob).toString("hex"));
      }),
      { numRuns: 20 },
    );
    assert.equal(new Set(blobs).size, 1);
  });

  test("a session launches as often as the host likes, each time with another nonce", async () => {
    const platform = running();
    const owner = await session(platform);
    const nonces = [1, 2].map((asid) => {
      const handle = launched(platform, owner, asid);
      const { measure, mnonce } = measured(platform, handle);
      assert.deepEqual(measure, expected(owner, [], mnonce));
      return mnonce;
    });
    assert.notDeepEqual(nonces[0], nonces[1]);
  });

  test("LAUNCH_FINISH ends the session: no packet of it is taken afterwards", async () => {
    const platform = running();
    const owner = await session(platform);
    const handle = launched(platform, owner);
    const { measure } = measured(platform, handle);
    const packet = sealSecret({ ...owner, table: bytes(32), iv: bytes(16), measure, api: API });
    done(platform.sev.launchSecret({ handle, ...packet }));
    done(platform.sev.launchFinish({ handle }));
    refused(platform.sev.launchSecret({ handle, ...packet }), "INVALID_GUEST_STATE");
  });

  test("the keys of a session that ends are overwritten, not only forgotten", () => {
    const keys = { tek: bytes(16), tik: bytes(16) };
    const guest: Guest = {
      handle: 1,
      policy: 0,
      state: "LSECRET",
      asid: 0,
      keyOf: 1,
      keys,
      running: undefined,
      measured: 0,
      digest: undefined,
      measure: undefined,
    };
    endSession(guest);
    assert.equal(guest.keys, undefined);
    assert.deepEqual(keys, { tek: new Uint8Array(16), tik: new Uint8Array(16) });
  });
});

describe("LAUNCH_START refuses", () => {
  const platform = running();
  const start = (
    owner: LaunchSession,
    changes: { handle?: number; policy?: number; godh?: Uint8Array; session?: Uint8Array } = {},
  ): ReturnType<Platform["sev"]["launchStart"]> =>
    platform.sev.launchStart({ handle: 0, ...owner, ...changes });

  test("another policy than the session's, and a session of another PDH", async () => {
    const owner = await session(platform);
    refused(start(owner, { policy: 0 }), "BAD_MEASUREMENT");
    const other = running();
    refused(other.sev.launchStart({ handle: 0, ...owner }), "BAD_MEASUREMENT");
    done(platform.sev.pdhGen());
    refused(start(owner), "BAD_MEASUREMENT");
    const lied = running({ faults: { pdh: "other" } });
    refused(lied.sev.launchStart({ handle: 0, ...(await session(lied)) }), "BAD_MEASUREMENT");
  });

  test("a turned bit anywhere in the session", async () => {
    const owner = await session(platform);
    for (let index = 0; index < 128; index += 1) {
      refused(start(owner, { session: flipped(owner.session, index) }), "BAD_MEASUREMENT");
    }
  });

  test("buffers of another length, and a session without one", async () => {
    const owner = await session(platform);
    refused(start(owner, { godh: owner.godh.subarray(1) }), "INVALID_LENGTH");
    refused(start(owner, { session: new Uint8Array(129) }), "INVALID_LENGTH");
    const { policy, godh } = owner;
    refused(platform.sev.launchStart({ handle: 0, policy, godh }), "INVALID_LENGTH");
  });

  test("certificates of another version, usage, algorithm, curve or off the curve", async () => {
    const owner = await session(platform);
    // Version, usage, algorithm, curve, X, zero extension of X.
    for (const offset of [0x0, 0x8, 0xc, 0x10, 0x14, 0x14 + 48]) {
      refused(start(owner, { godh: flipped(owner.godh, offset) }), "INVALID_CERTIFICATE");
    }
  });

  test("a point at infinity or of small order cannot be said (CVE-2019-9836)", async () => {
    const owner = await session(platform);
    const zero = Uint8Array.from(owner.godh).fill(0, 0x14, 0x14 + 144);
    refused(start(owner, { godh: zero }), "INVALID_CERTIFICATE");
  });

  test("policies that want more than the platform has", async () => {
    const noEs = milan();
    done(noEs.sev.init());
    refused(noEs.sev.launchStart({ handle: 0, policy: ES }), "POLICY_FAILURE");
    const min = (major: number, minor: number): number => (minor << 24) | (major << 16);
    refused(platform.sev.launchStart({ handle: 0, policy: min(1, 56) }), "POLICY_FAILURE");
    refused(platform.sev.launchStart({ handle: 0, policy: min(2, 0) }), "POLICY_FAILURE");
    done(platform.sev.launchStart({ handle: 0, policy: min(0, 99) }));
    done(platform.sev.launchStart({ handle: 0, policy: min(1, 55) }));
    refused(platform.sev.launchStart({ handle: 0, policy: 0x40 }), "POLICY_FAILURE");
  });

  test("sharing the memory key of no guest, of NOKS, or under another policy", () => {
    const first = done(platform.sev.launchStart({ handle: 0, policy: 1 })).handle;
    const second = done(platform.sev.launchStart({ handle: first, policy: 1 })).handle;
    refused(platform.sev.launchStart({ handle: first, policy: 9 }), "POLICY_FAILURE");
    refused(platform.sev.launchStart({ handle: first, policy: 3 }), "POLICY_FAILURE");
    refused(platform.sev.launchStart({ handle: 9999, policy: 1 }), "INVALID_GUEST");
    const closed = done(platform.sev.launchStart({ handle: 0, policy: 3 })).handle;
    refused(platform.sev.launchStart({ handle: closed, policy: 3 }), "POLICY_FAILURE");
    // Guests of one key may share an ASID, others not.
    done(platform.sev.activate({ handle: first, asid: 7 }));
    done(platform.sev.activate({ handle: second, asid: 7 }));
    refused(platform.sev.activate({ handle: closed, asid: 7 }), "ASID_OWNED");
  });

  test("values that are no 32-bit numbers, and one guest too many", () => {
    for (const bad of [-1, 0.5, 2 ** 32, Number.NaN]) {
      refused(platform.sev.launchStart({ handle: 0, policy: bad }), "INVALID_PARAM");
      refused(platform.sev.launchStart({ handle: bad, policy: 0 }), "INVALID_PARAM");
    }
    const full = running();
    for (let count = 0; count < 512; count++) {
      done(full.sev.launchStart({ handle: 0, policy: 0 }));
    }
    refused(full.sev.launchStart({ handle: 0, policy: 0 }), "RESOURCE_LIMIT");
  });
});

describe("the launch's other commands refuse", () => {
  const platform = running();

  test("lengths that are no blocks, and save areas that are no page or without SEV-ES", async () => {
    const handle = launched(platform, await session(platform));
    const { sev } = platform;
    for (const length of [0, 1, 15, 17]) {
      refused(sev.launchUpdateData({ handle, data: bytes(length) }), "INVALID_LENGTH");
    }
    refused(sev.launchUpdateVmsa({ handle, data: bytes(4096) }), "POLICY_FAILURE");
    const es = launched(platform, await session(platform, ES), 2);
    refused(sev.launchUpdateVmsa({ handle: es, data: bytes(8192) }), "INVALID_LENGTH");
    const short = sev.launchMeasure({ handle, length: 47 });
    refused(short, "INVALID_LENGTH");
    assert.deepEqual("needs" in short && short.needs, { blob: 48 });
    done(sev.launchMeasure({ handle, length: 48 }));
  });

  test("memory commands of a guest that is bound to no ASID", async () => {
    const owner = await session(platform);
    const { handle } = done(platform.sev.launchStart({ handle: 0, ...owner }));
    refused(platform.sev.launchUpdateData({ handle, data: bytes(16) }), "INACTIVE");
    done(platform.sev.launchMeasure({ handle }));
    const packet = { header: bytes(52), payload: bytes(16) };
    refused(platform.sev.launchSecret({ handle, ...packet }), "INACTIVE");
  });

  test("secrets that are not exactly what the owner sealed for this measurement", async () => {
    const owner = await session(platform);
    const handle = launched(platform, owner, 3);
    const { measure } = measured(platform, handle);
    const binding = { keys: owner.keys, table: bytes(48), iv: bytes(16), measure, api: API };
    const { header, payload } = sealSecret(binding);
    const open = (packet: {
      header: Uint8Array;
      payload: Uint8Array;
      guestLength?: number;
    }): ReturnType<Platform["sev"]["launchSecret"]> =>
      platform.sev.launchSecret({ handle, ...packet });
    for (let index = 4; index < 52; index++) {
      refused(open({ header: flipped(header, index), payload }), "BAD_MEASUREMENT");
    }
    for (let index = 0; index < payload.length; index++) {
      refused(open({ header, payload: flipped(payload, index) }), "BAD_MEASUREMENT");
    }
    refused(open({ header: flipped(header), payload }), "INVALID_PARAM");
    refused(open({ header: header.subarray(1), payload }), "INVALID_LENGTH");
    refused(open({ header, payload: payload.subarray(16) }), "BAD_MEASUREMENT");
    refused(open({ header, payload: payload.subarray(1) }), "INVALID_LENGTH");
    refused(open({ header, payload: new Uint8Array(0) }), "INVALID_LENGTH");
    refused(open({ header, payload: bytes(16400) }), "INVALID_LENGTH");
    refused(open({ header, payload, guestLength: 64 }), "INVALID_LENGTH");
    const other = sealSecret({ ...binding, measure: flipped(measure) });
    refused(open(other), "BAD_MEASUREMENT");
    // The same packet may come twice: nothing is counted.
    assert.deepEqual(done(open({ header, payload })).plaintext, binding.table);
    assert.deepEqual(done(open({ header, payload })).plaintext, binding.table);
  });
});
