// SPDX-License-Identifier: Apache-2.0
// What a hierarchy makes is deterministic, hangs together, and is read by others as it is meant.

import assert from "node:assert/strict";
import { X509Certificate, checkPrimeSync, constants, createVerify, verify } from "node:crypto";
import { describe, test } from "node:test";
import { decodeReport, parseCertificateTable, reportSignature } from "@greenlight/core/evidence";
import {
  AMD_PSS,
  P384_ORDER,
  certificateTable,
  chipId,
  createHierarchy,
  p384Key,
  pssAlgorithm,
  rsaKey,
  signEcdsa,
  withDuplicate,
  VEK_OID,
} from "@greenlight/psp/hierarchy";
import { FOUND_PRIMES } from "../../src/hierarchy/found-primes.ts";
import { findPrime, signPss } from "../../src/hierarchy/rsa-key.ts";
import { signedPartOf } from "../support/der.ts";

const LINES = ["Milan", "Genoa", "Turin", "Venice"] as const;

describe("keys", () => {
  test("the primes on record are the first ones that the search finds", () => {
    // The one that is found soonest; the others are found in the same way.
    assert.equal(findPrime("greenlight/Milan/ASK", "q"), FOUND_PRIMES["greenlight/Milan/ASK"]?.q);
  });

  test("every key on record is a key of two primes: RSA-2048 on Naples, RSA-4096 elsewhere", () => {
    for (const label of Object.keys(FOUND_PRIMES)) {
      const bits = label.includes("/Naples/") ? 2048 : 4096;
      const { n, p, q } = rsaKey(label, bits).privateKey.export({ format: "jwk" });
      const [modulus, ...primes] = [n, p, q].map((each) => Buffer.from(each ?? "", "base64url"));
      assert.equal(modulus?.length, bits / 8, label);
      assert.ok(modulus[0]! >= 0x80, label);
      for (const prime of primes) assert.ok(checkPrimeSync(toArrayBuffer(prime)), label);
    }
  });

  test("RSASSA-PSS signatures are those of RFC 8017, with any digest and salt", () => {
    const key = rsaKey("greenlight/Milan/ARK");
    for (const hash of ["sha256", "sha384", "sha512"] as const) {
      for (const saltLength of [0, 32, 48, 64]) {
        const signature = signPss(key, Buffer.from("message"), { hash, mgfHash: hash, saltLength });
        const verifier = createVerify(hash).update("message");
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        assert.ok(verifier.verify({ key: key.privateKey, padding, saltLength }, signature));
      }
    }
  });

  test("ECDSA nonces are those of RFC 6979 appendix A.2.6 (P-384, SHA-384, sample)", () => {
    const scalar =
      0x6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5n;
    const signature = signEcdsa({ ...p384Key("unused"), scalar }, Buffer.from("sample"));
    assert.equal(
      Buffer.from(signature).toString("hex").toUpperCase(),
      "94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C" +
        "81A648152E44ACF96E36DD1E80FABE46" +
        "99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94F" +
        "A329C145786E679E7B82C71A38628AC8",
    );
    assert.ok(scalar < P384_ORDER);
  });

  test("and with SHA-256, which is shorter than the order (same appendix, SHA-256, sample)", () => {
    const scalar =
      0x6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d896d5724e4c70a825f872c9ea60d2edf5n;
    assert.equal(
      Buffer.from(signEcdsa({ scalar }, Buffer.from("sample"), "sha256"))
        .toString("hex")
        .toUpperCase(),
      "21B13D1E013C7FA1392D03C5F99AF8B30C570C6F98D4EA8E354B63A21D3DAA33" +
        "BDE1E888E63355D92FA2B3C36D8FB2CD" +
        "F3AA443FB107745BF4BD77CB3891674632068A10CA67E3D45DB2266FA7D1FEEB" +
        "EFDC63ECCD1AC42EC0CB8668A4FA0AB0",
    );
  });
});

for (const line of LINES) {
  describe(line, () => {
    const hierarchy = createHierarchy({ line });
    const [ark, ask, asvk] = [hierarchy.ark, hierarchy.ask, hierarchy.asvk].map(
      ({ der }) => new X509Certificate(der),
    ) as [X509Certificate, X509Certificate, X509Certificate];

    test("node:crypto verifies both chains", () => {
      const vcek = new X509Certificate(hierarchy.vcek().der);
      const vlek = new X509Certificate(hierarchy.vlek().der);
      for (const [child, parent] of [
        [ark, ark],
        [ask, ark],
        [asvk, ark],
        [vcek, ask],
        [vlek, asvk],
      ] as const) {
        assert.ok(child.verify(parent.publicKey), child.subject);
        assert.ok(child.checkIssued(parent), child.subject);
      }
      assert.ok(ask.ca);
      assert.equal(vcek.verify(asvk.publicKey), false);
      assert.equal(vlek.verify(ask.publicKey), false);
      assert.equal(vcek.publicKey.asymmetricKeyDetails?.namedCurve, "secp384r1");
    });

    test("no name is AMD's, and the roots say what they are", () => {
      for (const { der } of [hierarchy.ark, hierarchy.ask, hierarchy.vcek(), hierarchy.vlek()]) {
        assert.equal(Buffer.from(der).includes("Advanced Micro Devices"), false);
        assert.ok(Buffer.from(der).includes("Simulator, not AMD"));
      }
      assert.match(ark.subject, new RegExp(`CN=ARK-${line}-Simulator$`));
    });

    test("reports of every version are decoded and verify under their key", () => {
      for (const vek of [hierarchy.vcek(), hierarchy.vlek()]) {
        for (const version of [2, 3, 4, 5] as const) {
          const bytes = vek.report(version, { guestSvn: 7, vmpl: 1 });
          const report = decodeReport(bytes);
          assert.deepEqual(
            [report.version, report.guestSvn, report.vmpl, report.cpuFamily !== undefined],
            [version, 7, 1, version > 2],
          );
          const key = new X509Certificate(vek.der).publicKey;
          const signed = bytes.subarray(0, 0x2a0);
          const options = { key, dsaEncoding: "ieee-p1363" } as const;
          assert.ok(verify("sha384", signed, options, reportSignature(report)));
          bytes[0x90]! ^= 1;
          assert.equal(verify("sha384", signed, options, reportSignature(report)), false);
        }
      }
    });
  });
}

test("the same seed gives the same bytes, another seed other keys", () => {
  const make = (seed: string): readonly Uint8Array[] => {
    const hierarchy = createHierarchy({ line: "Milan", seed });
    const vcek = hierarchy.vcek();
    return [hierarchy.ark.der, hierarchy.asvk.der, vcek.der, vcek.report(), hierarchy.crl()];
  };
  const first = make("greenlight");
  assert.deepEqual(make("greenlight"), first);
  for (const [index, bytes] of make("other").entries()) assert.notDeepEqual(bytes, first[index]);
});

test("keys differ by chip, TCB and kind, as they do on hardware", () => {
  const hierarchy = createHierarchy({ line: "Genoa" });
  const tcb = { bootloader: 9, tee: 0, snp: 23, microcode: 72 };
  const points = [
    hierarchy.vcek(),
    hierarchy.vcek({ tcb }),
    hierarchy.vcek({ chipId: chipId("Genoa", "2") }),
    hierarchy.vlek(),
    hierarchy.vlek({ cspId: "another" }),
  ].map(({ key }) => Buffer.from(key.point).toString("hex"));
  assert.equal(new Set(points).size, points.length);
});

test("edits reach the signed part, and the certificate still verifies", () => {
  const hierarchy = createHierarchy({ line: "Milan" });
  const plain = hierarchy.vcek();
  const doubled = hierarchy.vcek({ edit: withDuplicate(VEK_OID.tee) });
  assert.notDeepEqual(signedPartOf(doubled.der), signedPartOf(plain.der));
  assert.deepEqual(doubled.key.point, plain.key.point);
  const { publicKey } = new X509Certificate(hierarchy.ask.der);
  assert.ok(new X509Certificate(doubled.der).verify(publicKey));
});

test("a signature with other parameters than those stated does not verify", () => {
  const hierarchy = createHierarchy({ line: "Milan" });
  const { publicKey } = new X509Certificate(hierarchy.ask.der);
  const other = { ...AMD_PSS, saltLength: 32 };
  const unstated = hierarchy.vcek({ edit: (fields) => ({ ...fields, pss: other }) });
  assert.equal(new X509Certificate(unstated.der).verify(publicKey), false);
  const algorithm = pssAlgorithm(other, "absent");
  const stated = hierarchy.vcek({
    edit: (fields) => ({ ...fields, pss: other, algorithm, outerAlgorithm: algorithm }),
  });
  assert.ok(new X509Certificate(stated.der).verify(publicKey));
});

test("a root of trust carries what it is told to, and says that it is a simulator", () => {
  const hierarchy = createHierarchy({ line: "Venice" });
  const { line, origin, ark, ask, asvk } = hierarchy.trustRoot();
  assert.deepEqual(
    [line, origin, ask !== undefined, asvk !== undefined],
    ["Venice", "simulator", true, true],
  );
  assert.equal(ark.subject.commonName, "ARK-Venice-Simulator");
  const bare = hierarchy.trustRoot([]);
  assert.deepEqual([bare.ask, bare.asvk], [undefined, undefined]);
});

test("the certificate table is what the decoder reads", () => {
  const hierarchy = createHierarchy({ line: "Turin" });
  const vcek = hierarchy.vcek();
  const table = certificateTable(
    [
      { guid: "ARK", bytes: hierarchy.ark.der },
      { guid: "ASK", bytes: hierarchy.ask.der },
      { guid: "VCEK", bytes: vcek.der },
      { guid: "00112233-4455-6677-8899-aabbccddeeff", bytes: Uint8Array.of(1, 2, 3) },
    ],
    { pageSize: 4096 },
  );
  assert.equal(table.length % 4096, 0);
  const { certificates, extras } = parseCertificateTable(table);
  assert.deepEqual(
    certificates.map(({ role, der }) => [role, Buffer.from(der)]),
    [
      ["ARK", Buffer.from(hierarchy.ark.der)],
      ["ASK", Buffer.from(hierarchy.ask.der)],
      ["VCEK", Buffer.from(vcek.der)],
    ],
  );
  assert.equal(extras.length, 1);
});

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
