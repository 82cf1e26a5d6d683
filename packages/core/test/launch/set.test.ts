// SPDX-License-Identifier: Apache-2.0
// Digest sets: the same digests as one by one, for any product of parameters.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { hexEncode } from "../../src/bytes/index.ts";
import {
  VMSA_PROFILES,
  cpuModel,
  digestSet,
  digestSetSize,
  vmsaProfile,
} from "../../src/launch/index.ts";
import type { DigestSetEntry, DigestSetRequest } from "../../src/launch/index.ts";
import { descriptorOf } from "../support/descriptor.ts";
import type { FirmwareImage } from "../../src/firmware/index.ts";
import { KERNEL_HASHES, launchOf, seves, snp, unsuitable } from "./support.ts";

const TYPES = ["EPYC", "EPYC-Milan", "EPYC-Genoa", "EPYC-Turin-v9"].map(cpuModel);

function requestOf(change: Partial<DigestSetRequest> = {}): DigestSetRequest {
  return {
    mode: "snp",
    firmware: launchOf().firmware,
    vcpus: [1, 2, 4],
    vcpuTypes: TYPES,
    sevFeatures: [1n],
    profiles: [vmsaProfile("qemu")],
    ...change,
  };
}

/** The digest of an entry, computed by itself. */
function alone(request: DigestSetRequest, entry: DigestSetEntry): string {
  const { firmware, kernelHashes, ovmfHash, vmsaGpa, mode } = request;
  const { profile, vcpuType, sevFeatures, vcpus } = entry;
  const signature = vcpuType?.signature;
  const given = Object.fromEntries(
    Object.entries({ kernelHashes, ovmfHash, vmsaGpa, signature }).filter(
      ([, v]) => v !== undefined,
    ),
  );
  return (mode === "snp" ? snp : seves)({ firmware, profile, sevFeatures, vcpus, ...given });
}

const requests: fc.Arbitrary<DigestSetRequest> = fc
  .constantFrom("snp" as const, "seves" as const)
  .chain((mode) =>
    fc.record({
      mode: fc.constant(mode),
      vcpus: fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 }),
      vcpuTypes: fc.subarray(TYPES),
      sevFeatures: fc.subarray([0n, 1n, 0x21n, (1n << 64n) - 1n]),
      profiles: fc.subarray(VMSA_PROFILES.filter(({ modes }) => modes.includes(mode))),
      withKernel: fc.boolean(),
      withHash: fc.boolean(),
      withGpa: fc.boolean(),
    }),
  )
  .map(({ withKernel, withHash, withGpa, ...rest }) =>
    requestOf({
      ...rest,
      ...(withKernel ? { kernelHashes: KERNEL_HASHES } : {}),
      ...(withHash ? { ovmfHash: new Uint8Array(48).fill(5) } : {}),
      ...(withGpa ? { vmsaGpa: 0x1_0000_0000_0000 } : {}),
    }),
  );

test("every digest of a set is the one computed by itself", () => {
  fc.assert(
    fc.property(requests, (request) => {
      for (const entry of digestSet(request)) {
        assert.equal(hexEncode(entry.digest), alone(request, entry));
      }
    }),
    { numRuns: 60 },
  );
});

test("a set has each combination once, and as many as it was said to have", () => {
  fc.assert(
    fc.property(requests, (request) => {
      const keys = [...digestSet(request)].map(({ profile, vcpuType, sevFeatures, vcpus }) =>
        [profile.id, vcpuType?.name, sevFeatures, vcpus].join(" "),
      );
      assert.equal(new Set(keys).size, keys.length);
      assert.equal(keys.length, digestSetSize(request));
    }),
  );
});

test("vCPU counts come ascending and once, whatever order they were given in", () => {
  const entries = [...digestSet(requestOf({ vcpus: [4, 1, 4, 2], vcpuTypes: TYPES.slice(0, 1) }))];
  assert.deepEqual(
    entries.map(({ vcpus }) => vcpus),
    [1, 2, 4],
  );
});

test("digests do not depend on which other counts are asked for", () => {
  const digestsOf = (vcpus: readonly number[]): ReadonlyMap<number, string> =>
    new Map(
      [...digestSet(requestOf({ vcpus, vcpuTypes: TYPES.slice(1, 2) }))].map((entry) => [
        entry.vcpus,
        hexEncode(entry.digest),
      ]),
    );
  const all = digestsOf(Array.from({ length: 32 }, (_, i) => i + 1));
  fc.assert(
    fc.property(fc.subarray([...all.keys()], { minLength: 1 }), (counts) => {
      for (const [vcpus, digest] of digestsOf(counts)) assert.equal(digest, all.get(vcpus));
    }),
    { numRuns: 30 },
  );
  assert.equal(new Set(all.values()).size, 32);
});

test("a profile that does not measure the type gives one digest, without a type", () => {
  const entries = [
    ...digestSet(requestOf({ vcpus: [2], profiles: [vmsaProfile("ec2"), vmsaProfile("qemu")] })),
  ];
  assert.deepEqual(
    entries.map(({ profile, vcpuType }) => `${profile.id} ${vcpuType?.name ?? "-"}`),
    ["ec2 -", ...TYPES.map(({ name }) => `qemu ${name}`)],
  );
});

test("digests taken from a set stay as they are while it goes on", () => {
  const set = digestSet(requestOf());
  const { digest } = (set.next() as IteratorYieldResult<DigestSetEntry>).value;
  const before = hexEncode(digest);
  assert.ok([...set].length > 0);
  assert.equal(hexEncode(digest), before);
});

test("a set works on a descriptor as on the firmware", () => {
  const request = requestOf({ kernelHashes: KERNEL_HASHES });
  const firmware = descriptorOf(request.firmware as FirmwareImage);
  assert.deepEqual([...digestSet({ ...request, firmware })], [...digestSet(request)]);
});

test("an empty list gives an empty set", () => {
  for (const change of [{ vcpus: [] }, { vcpuTypes: [] }, { sevFeatures: [] }, { profiles: [] }]) {
    assert.deepEqual([...digestSet(requestOf(change))], []);
    assert.equal(digestSetSize(requestOf(change)), 0);
  }
});

test("anything out of range is refused before the first digest", () => {
  const rows: readonly (readonly [Partial<DigestSetRequest>, string])[] = [
    [{ vcpus: [1, 0] }, "vcpus-out-of-range"],
    [{ vcpus: [1, 4097] }, "vcpus-out-of-range"],
    [{ sevFeatures: [1n, 1n << 64n] }, "bad-guest-features"],
    [{ vcpuTypes: [...TYPES, { name: "odd", signature: 0.5 }] }, "cpu-signature-invalid"],
    [{ profiles: [vmsaProfile("qemu"), vmsaProfile("svsm")] }, "profile-mode-mismatch"],
    [{ profiles: [vmsaProfile("qemu"), vmsaProfile("qemu-es-legacy")] }, "profile-mode-mismatch"],
    [{ vmsaGpa: 1 }, "vmsa-gpa-invalid"],
    [{ ovmfHash: new Uint8Array(32) }, "bad-digest"],
  ];
  for (const [change, code] of rows) {
    assert.throws(() => digestSet(requestOf(change)).next(), { name: "LaunchError", code });
  }
});

test("the firmware is judged for the greatest number of vCPUs", () => {
  const { firmware } = launchOf({ resetEip: 0 });
  assert.equal([...digestSet(requestOf({ firmware, vcpus: [1] }))].length, TYPES.length);
  assert.throws(
    () => digestSet(requestOf({ firmware, vcpus: [1, 2] })).next(),
    unsuitable("firmware.reset-block.zero"),
  );
});
