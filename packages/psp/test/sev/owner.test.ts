// SPDX-License-Identifier: Apache-2.0
// The platform's keys over its life: made, renewed, signed by an owner from outside, forgotten, and kept
// in the host's store.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import {
  SEV_USAGE,
  parseSevCertificate,
  readSevChain,
  verifySevChain,
} from "@greenlight/core/sev-endorsement";
import { systemRandom } from "@greenlight/psp/platform";
import type { Platform } from "@greenlight/psp/platform";
import { generateEcKey } from "../../src/platform/ec-key.ts";
import type { EcKey } from "../../src/platform/ec-key.ts";
import {
  signCertificate,
  unsignedCertificate,
  withSignatures,
} from "../../src/sev/certificates.ts";
import { API, done, flipped, joined, milan, refused, running, session } from "../support/sev.ts";

/** A platform owner: key and self-signed certificate. */
function owner(): { readonly key: EcKey; readonly oca: Uint8Array } {
  const key = generateEcKey(systemRandom);
  const body = unsignedCertificate("OCA", key.point, API);
  return { key, oca: signCertificate(body, [{ usage: "OCA", key }], systemRandom) };
}

function signedBy(key: EcKey, csr: Uint8Array): Uint8Array {
  return signCertificate(csr, [{ usage: "OCA", key }], systemRandom);
}

/** What tells keys apart: the points of their certificates, in hexadecimal. */
function points(platform: Platform): Readonly<Record<"pdh" | "pek" | "oca" | "cek", string>> {
  const { pdh, certs } = done(platform.sev.pdhCertExport());
  const point = (bytes: Uint8Array): string =>
    Buffer.from(bytes.subarray(0x14, 0xa4)).toString("hex");
  const [pek, oca, cek] = [0, 1, 2].map((index) => point(certs.subarray(index * 2084)));
  return { pdh: point(pdh), pek: pek!, oca: oca!, cek: cek! };
}

describe("PEK_CERT_IMPORT", () => {
  test("gives the platform an owner, whose chain core verifies, and a new PDH", async () => {
    const platform = running();
    const before = points(platform);
    const { key, oca } = owner();
    const { csr } = done(platform.sev.pekCsr());
    assert.ok(
      parseSevCertificate(csr).signatures.every(({ usage }) => usage === SEV_USAGE.INVALID),
    );
    done(platform.sev.pekCertImport({ pek: signedBy(key, csr), oca }));
    assert.ok(done(platform.sev.platformStatus()).externallyOwned);
    const after = points(platform);
    assert.equal(after.pek, before.pek);
    assert.equal(after.cek, before.cek);
    assert.notEqual(after.pdh, before.pdh);
    assert.notEqual(after.oca, before.oca);
    const { pdh, certs } = done(platform.sev.pdhCertExport());
    const { ask, ark } = platform.authorities;
    const all = joined(pdh, certs.subarray(0, 2 * 2084), platform.signedCek(), ask, ark);
    const { verdict } = await verifySevChain({
      chain: readSevChain([{ name: "chain", bytes: all }]),
      roots: [platform.authorities.trustRoot()],
    });
    assert.equal(verdict, "accepted");
  });

  test("takes the owner's signature from either slot", () => {
    const platform = running();
    const { key, oca } = owner();
    const { csr } = done(platform.sev.pekCsr());
    const [signature] = parseSevCertificate(signedBy(key, csr)).signatures;
    const [unused] = parseSevCertificate(csr).signatures;
    done(platform.sev.pekCertImport({ pek: withSignatures(csr, [unused, signature]), oca }));
  });

  test("is refused a second time, until PEK_GEN makes the platform its own owner again", () => {
    const platform = running();
    const { key, oca } = owner();
    const csr = (): Uint8Array => done(platform.sev.pekCsr()).csr;
    done(platform.sev.pekCertImport({ pek: signedBy(key, csr()), oca }));
    refused(platform.sev.pekCertImport({ pek: signedBy(key, csr()), oca }), "ALREADY_OWNED");
    const before = points(platform);
    done(platform.sev.pekGen());
    assert.ok(!done(platform.sev.platformStatus()).externallyOwned);
    const after = points(platform);
    assert.notEqual(after.oca, before.oca);
    assert.notEqual(after.pek, before.pek);
    assert.equal(after.cek, before.cek);
    done(platform.sev.pekCertImport({ pek: signedBy(key, csr()), oca }));
  });

  test("refuses what is not the platform's PEK, not an owner's key, or not signed by it", () => {
    const platform = running();
    const { key, oca } = owner();
    const { csr } = done(platform.sev.pekCsr());
    const pek = signedBy(key, csr);
    const unchanged = points(platform);
    const attempt = (input: {
      pek?: Uint8Array;
      oca?: Uint8Array;
    }): ReturnType<Platform["sev"]["pekCertImport"]> =>
      platform.sev.pekCertImport({ pek, oca, ...input });
    refused(attempt({ pek: signedBy(key, flipped(csr, 5)) }), "INVALID_CERTIFICATE");
    const elsewhere = done(running().sev.pekCsr()).csr;
    refused(attempt({ pek: signedBy(key, elsewhere) }), "INVALID_CERTIFICATE");
    refused(attempt({ pek: oca }), "INVALID_CERTIFICATE");
    refused(attempt({ oca: pek }), "INVALID_CERTIFICATE");
    refused(attempt({ oca: flipped(oca, 0x15) }), "INVALID_CERTIFICATE");
    refused(attempt({ oca: flipped(oca, 4) }), "BAD_SIGNATURE");
    refused(attempt({ oca: owner().oca }), "BAD_SIGNATURE");
    refused(attempt({ pek: csr }), "BAD_SIGNATURE");
    refused(attempt({ pek: flipped(pek, 0x41c) }), "BAD_SIGNATURE");
    refused(attempt({ pek: pek.subarray(1) }), "INVALID_LENGTH");
    assert.deepEqual(points(platform), unchanged);
    assert.ok(!done(platform.sev.platformStatus()).externallyOwned);
  });
});

test("PDH_GEN renews the PDH alone; PLATFORM_RESET renews all but the CEK", () => {
  const platform = running();
  const first = points(platform);
  done(platform.sev.pdhGen());
  const second = points(platform);
  assert.deepEqual({ ...second, pdh: first.pdh }, first);
  assert.notEqual(second.pdh, first.pdh);
  done(platform.sev.shutdown());
  done(platform.sev.init());
  assert.deepEqual(points(platform), second);
  done(platform.sev.shutdown());
  done(platform.sev.platformReset());
  done(platform.sev.init());
  const third = points(platform);
  assert.equal(third.cek, second.cek);
  for (const name of ["pdh", "pek", "oca"] as const) assert.notEqual(third[name], second[name]);
});

test("short buffers are told the lengths that are needed", () => {
  const { sev } = running();
  const needed = (result: object): unknown => ("needs" in result ? result.needs : undefined);
  for (const input of [{ pdhLength: 0 }, { certsLength: 6251 }]) {
    const result = sev.pdhCertExport(input);
    refused(result, "INVALID_LENGTH");
    assert.deepEqual(needed(result), { pdh: 2084, certs: 6252 });
  }
  assert.deepEqual(needed(sev.pekCsr({ length: 1 })), { csr: 2084 });
  assert.deepEqual(needed(sev.getId({ length: 63 })), { id: 64 });
  done(sev.pdhCertExport({ pdhLength: 2084, certsLength: 6252 }));
});

describe("INIT_EX", () => {
  test("keeps the keys in the host's store, for this chip alone", async () => {
    const platform = milan();
    const empty = new Uint8Array(32 * 1024).fill(0xff);
    assert.equal(platform.sev.nv(), undefined);
    done(platform.sev.initEx({ nv: empty }));
    const before = points(platform);
    const nv = platform.sev.nv()!;
    assert.equal(nv.length, 32 * 1024);
    // A chip that never saw these keys but is the same chip.
    const again = milan();
    done(again.sev.initEx({ nv }));
    assert.deepEqual(points(again), before);
    const owners = await session(platform);
    done(again.sev.launchStart({ handle: 0, ...owners }));

    const other = milan({ chipId: new Uint8Array(64).fill(7) });
    const copy = nv.slice();
    refused(other.sev.initEx({ nv: copy }), "SECURE_DATA_INVALID");
    assert.deepEqual(copy, empty);
    assert.equal(done(other.sev.platformStatus()).state, "UNINIT");
    done(other.sev.initEx({ nv: copy }));
  });

  test("the store follows every change of the keys and holds none of them in clear", () => {
    const platform = milan();
    done(platform.sev.initEx({ nv: new Uint8Array(32 * 1024).fill(0xff) }));
    const stores = [platform.sev.nv()!];
    for (const renew of ["pdhGen", "pekGen"] as const) {
      done(platform.sev[renew]());
      stores.push(platform.sev.nv()!);
    }
    const last = points(platform);
    assert.equal(new Set(stores.map((nv) => Buffer.from(nv).toString("hex"))).size, 3);
    const again = milan();
    done(again.sev.initEx({ nv: stores[2]! }));
    assert.deepEqual(points(again), last);
    const keys = JSON.stringify(platform.toJson()).match(/[0-9a-f]{96}(?=")/g) ?? [];
    assert.ok(keys.length >= 3);
    for (const key of keys) assert.ok(!Buffer.from(stores[2]!).includes(Buffer.from(key, "hex")));
    done(platform.sev.shutdown());
    assert.equal(platform.sev.nv(), undefined);
  });

  test("a store of which anything was changed is refused, or is empty", () => {
    const platform = milan();
    done(platform.sev.initEx({ nv: new Uint8Array(32 * 1024).fill(0xff) }));
    const nv = platform.sev.nv()!;
    const used = 40 + new DataView(nv.buffer).getUint32(36, true);
    fc.assert(
      fc.property(fc.nat({ max: used - 1 }), (index) => {
        refused(milan().sev.initEx({ nv: flipped(nv, index) }), "SECURE_DATA_INVALID");
      }),
      { numRuns: 60 },
    );
    refused(milan().sev.initEx({ nv: nv.subarray(1) }), "INVALID_LENGTH");
    done(milan().sev.initEx({}));
  });

  test("SEV-ES cannot be had of hardware without it", () => {
    const platform = milan({ es: false });
    refused(platform.sev.init({ es: true }), "INVALID_CONFIG");
    refused(platform.sev.initEx({ es: true }), "INVALID_CONFIG");
    done(platform.sev.init());
  });
});
