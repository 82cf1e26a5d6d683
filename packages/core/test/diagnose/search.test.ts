// SPDX-License-Identifier: Apache-2.0
// The search: any launch of a space is found, what was not found was really tried, and it can be
// narrowed, followed and given up.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { Search, diagnose, explainLaunch, launchDigest } from "../../src/diagnose/index.ts";
import type { Axis, SearchProgress, SpaceOptions } from "../../src/diagnose/index.ts";
import { LaunchError, cpuModel, digestSet, vmsaProfile } from "../../src/launch/index.ts";
import { readFirmware } from "../../src/firmware/index.ts";
import { buildFirmware } from "../support/firmware-builder.ts";
import {
  OPTIONS,
  candidateOf,
  expectationOf,
  fixing,
  labelled,
  launchAt,
  plant,
  searchAll,
  spaceOf,
  withKernel,
} from "./support.ts";

const NOTHING = new Uint8Array(48);
const SESSION = {
  tik: new Uint8Array(16).fill(0x11),
  apiMajor: 1,
  apiMinor: 55,
  buildId: 40,
  policy: 5,
  mnonce: new Uint8Array(16).fill(0x22),
};

test("the expected launch itself is the first candidate", () => {
  for (const expectation of [expectationOf(), withKernel(), withKernel({ mode: "sev" })]) {
    const space = spaceOf(expectation);
    const request = plant(space, {});
    const { status, launch, progress } = searchAll(request);
    assert.equal(status, "found");
    assert.ok(progress.compared <= 4);
    const { asExpected, sentence } = explainLaunch(launch!, request);
    assert.ok(asExpected);
    assert.match(sentence, /^As expected/);
  }
});

test("parameters left open are found, and are no difference", () => {
  const { vcpus: _vcpus, vcpuType: _type, ...open } = expectationOf({ firmwareExpected: false });
  const space = spaceOf(open);
  const vcpuType = labelled(space.vcpuType, "EPYC-Rome");
  const request = plant(space, { vcpus: 40, vcpuType });
  const { launch } = searchAll(request);
  const { asExpected, sentence } = explainLaunch(launch!, request);
  assert.ok(asExpected);
  assert.match(sentence, /used firmware OVMF\.fd and 40 vCPUs of EPYC-Rome; all else is as/);
});

const indexOf = (choices: readonly unknown[]): fc.Arbitrary<number> =>
  fc.nat({ max: choices.length - 1 });

test("any launch of a space is found, and has the digest the ordinary way gives", () => {
  const options: SpaceOptions = { ...OPTIONS, maxVcpus: 6 };
  const line = { commandLines: [{ line: "a" }] };
  const spaces = [
    spaceOf(
      withKernel({ ...line, firmwares: [candidateOf("a"), candidateOf("b", { seed: 5 })] }),
      options,
    ),
    spaceOf(withKernel({ ...line, mode: "seves" }), options),
    spaceOf(withKernel({ ...line, mode: "sev" }), options),
  ];
  const picks = fc.constantFrom(...spaces).chain((space) =>
    fc.record({
      space: fc.constant(space),
      pick: fc.record({
        firmware: indexOf(space.firmware.choices),
        table: fc.option(
          fc.tuple(
            indexOf(space.kernel.choices),
            indexOf(space.initrd.choices),
            indexOf(space.commandLine.choices),
          ),
        ),
        profile: indexOf(space.vmsaProfile.choices),
        vcpuType: indexOf(space.vcpuType.choices),
        features: indexOf(space.guestFeatures.choices),
        gpa: indexOf(space.vmsaGpa.choices),
        vcpus: fc.integer({ min: 1, max: 6 }),
      }),
    }),
  );
  fc.assert(
    fc.property(picks, ({ space, pick }) => {
      // Narrowed to what was picked and its neighbours: the order of the whole is tested above.
      const near = <T>(axis: Axis<T>, i: number): Axis<T> => ({
        ...axis,
        choices: axis.choices.filter((_, k) => k === 0 || Math.abs(k - i) <= 1),
      });
      const narrow = {
        ...space,
        kernel: near(space.kernel, pick.table?.[0] ?? 0),
        initrd: near(space.initrd, pick.table?.[1] ?? 0),
        commandLine: near(space.commandLine, pick.table?.[2] ?? 0),
        vcpuType: near(space.vcpuType, pick.vcpuType),
        vmsaProfile: near(space.vmsaProfile, pick.profile),
        guestFeatures: near(space.guestFeatures, pick.features),
      };
      const wanted = launchAt(space, pick);
      const request = { observed: launchDigest(wanted, new Set()), spaces: [narrow] };
      const { status, launch } = searchAll(request);
      assert.equal(status, "found");
      assert.deepEqual(launchDigest(launch!, new Set()), request.observed);
      assert.equal(launch!.vcpus, wanted.vcpus);
      explainLaunch(launch!, request);
    }),
    { numRuns: 60 },
  );
});

test("a search without a match compares exactly as many digests as the space has", () => {
  const expectations = [
    expectationOf(),
    expectationOf({
      firmwareExpected: false,
      firmwares: [candidateOf("a"), candidateOf("b", { seed: 2 })],
    }),
    withKernel({ mode: "sev" }),
    expectationOf({ mode: "seves" }),
  ];
  for (const expectation of expectations) {
    const space = spaceOf(expectation, { ...OPTIONS, maxVcpus: 5 });
    const observed = new Uint8Array(space.mode === "snp" ? 48 : 32);
    const { status, progress, completed } = searchAll({ observed, spaces: [space] });
    assert.equal(status, "exhausted");
    assert.equal(progress.compared, progress.total);
    assert.ok(completed >= 3);
  }
});

test("what a search compares is what digestSet() computes", () => {
  const firmware = readFirmware(buildFirmware());
  const types = ["EPYC", "EPYC-Turin"].map(cpuModel);
  const profiles = ["qemu", "ec2", "gce"].map(vmsaProfile);
  const entries = digestSet({
    mode: "snp",
    firmware,
    vcpus: [1, 3, 60],
    vcpuTypes: types,
    sevFeatures: [1n, 0x21n],
    profiles,
  });
  const space = spaceOf(expectationOf());
  for (const { digest, vcpus, profile } of entries) {
    const { status, launch } = searchAll({ observed: digest, spaces: [space] });
    assert.equal(status, "found");
    assert.equal(launch?.vcpus, vcpus);
    assert.equal(launch?.vmsa?.profile.value.profile.id, profile.id);
  }
});

test("parameters that are fixed do not vary", () => {
  const vary = spaceOf(expectationOf());
  const milan = labelled(vary.vcpuType, "EPYC-Milan");
  const request = plant(vary, { vcpus: 2, vcpuType: milan });
  const search = (options: SpaceOptions): string =>
    searchAll({ ...request, spaces: [spaceOf(expectationOf(), options)] }).status;
  assert.equal(search(OPTIONS), "found");
  assert.equal(search(fixing("vcpus")), "exhausted");
  assert.equal(search(fixing("vcpu-type")), "exhausted");
  assert.equal(search(fixing("guest-features", "vmsa-profile", "vmsa-gpa", "firmware")), "found");
  const kernel = plant(spaceOf(withKernel()), { table: null });
  const fixed = spaceOf(withKernel(), { ...fixing("kernel-hashes"), maxVcpus: 4 });
  assert.equal(searchAll({ ...kernel, spaces: [fixed], limit: 100_000 }).launch, undefined);
});

test("a limit ends the search, and says what was ruled out before it", () => {
  const space = spaceOf(withKernel());
  const { status, completed, progress } = searchAll({
    observed: NOTHING,
    spaces: [space],
    limit: 50_000,
  });
  assert.equal(status, "limit");
  assert.ok(progress.compared >= 50_000 && progress.compared < 51_000);
  assert.ok(completed >= 1 && completed < progress.distance + 1);
  assert.ok(progress.total > progress.compared);
});

test("a search runs in slices, shows progress, and can be given up", () => {
  const seen: SearchProgress[] = [];
  const outcome = diagnose(
    { observed: NOTHING, spaces: [spaceOf(withKernel())] },
    {
      slice: 5000,
      onProgress: (progress) => void seen.push(progress),
      shouldStop: () => seen.length === 4,
    },
  );
  assert.equal(outcome.status, "stopped");
  assert.equal(seen.length, 4);
  for (const [i, progress] of seen.entries()) {
    assert.ok(progress.compared >= (i + 1) * 5000);
    assert.ok(progress.comparedHere <= progress.totalHere);
  }
  assert.deepEqual(outcome.progress, seen.at(-1));
});

test("slices of any size come to the same answer", () => {
  const space = spaceOf(expectationOf());
  const request = plant(space, { vcpus: 50, vcpuType: 3 });
  for (const slice of [1, 7, 1000]) {
    const search = new Search(request);
    while (search.advance(slice));
    const { status, launch } = search.outcome();
    assert.equal(status, "found");
    assert.equal(launch?.vcpus, 50);
    assert.equal(search.advance(slice), false);
  }
});

test("SEV and SEV-ES measurements are searched through their HMAC", () => {
  for (const mode of ["sev", "seves"] as const) {
    const space = spaceOf(withKernel({ mode }));
    const pick = { table: [1, 0, 0] as const, vcpus: mode === "sev" ? 1 : 2 };
    const request = plant(space, pick, { session: SESSION });
    assert.equal(searchAll(request).status, "found");
    const wrong = { ...request, session: { ...SESSION, policy: 4 }, limit: 20_000 };
    assert.equal(searchAll(wrong).launch, undefined);
  }
});

test("both 32-byte modes are tried, the expected one as no difference", () => {
  const sev = spaceOf(withKernel({ mode: "sev" }));
  const seves = spaceOf(withKernel({ mode: "seves" }));
  const { observed } = plant(sev, {});
  const open = { observed, spaces: [seves, sev] };
  const found = searchAll(open);
  assert.equal(found.launch?.mode, "sev");
  assert.ok(explainLaunch(found.launch, open).asExpected);
  const expected = { ...open, expectedMode: "seves" as const };
  const { launch } = searchAll(expected);
  assert.match(explainLaunch(launch!, expected).sentence, /used mode SEV; you expected SEV-ES/);
});

test("firmware that QEMU would not launch is left out by name, and the others are searched", () => {
  const broken = candidateOf("broken.fd", { sections: null, seed: 3 });
  const single = candidateOf("single.fd", { resetEip: 0, seed: 4 });
  const plain = candidateOf("plain.fd", { hashTable: { base: 0, size: 0 }, seed: 5 });
  const space = spaceOf(withKernel({ firmwares: [broken, single, plain] }));
  const found = searchAll(plant(space, { firmware: 2, table: null, vcpus: 2 }));
  assert.equal(found.status, "found");
  const reasons = found.setAside.map(({ firmware, use, finding }) => [firmware, use, finding]);
  assert.deepEqual(reasons, [
    ["broken.fd", "launch", "firmware.sev-metadata.missing"],
    ["single.fd", "several vCPUs", "firmware.reset-block.zero"],
    ["plain.fd", "kernel hashes", "firmware.hash-table.unsupported"],
    ["plain.fd", "kernel hashes", "firmware.kernel-hashes.section-mismatch"],
  ]);
  assert.equal(searchAll(plant(space, { firmware: 1, vcpus: 1 })).launch?.vcpus, 1);
});

test("nothing that can be launched is an error, not an empty search", () => {
  const broken = candidateOf("broken.fd", { sections: null });
  assert.throws(
    () =>
      new Search({ observed: NOTHING, spaces: [spaceOf(expectationOf({ firmwares: [broken] }))] }),
    (error) =>
      error instanceof LaunchError &&
      error.code === "firmware-unsuitable" &&
      error.message.includes("broken.fd") &&
      error.message.includes("firmware.sev-metadata.missing"),
  );
});

test("a finding that is accepted lets its firmware in, where that can be", () => {
  const accept = new Set(["firmware.section.unknown-type", "firmware.size.unaligned"]);
  const odd = [
    { gpa: 0x80_d000, size: 0x1000, type: 2 },
    { gpa: 0x80_e000, size: 0x1000, type: 3 },
    { gpa: 0x80_f000, size: 0x1000, type: 9 },
  ];
  const firmwares = [
    candidateOf("odd.fd", { sections: odd }, accept),
    candidateOf("unaligned.fd", { size: 8200 }, accept),
  ];
  const search = (mode: "snp" | "sev") => {
    const space = spaceOf(expectationOf({ firmwares, mode }));
    const observed = launchDigest(launchAt(space, { vcpus: 2 }), accept);
    return searchAll({ observed, spaces: [space], accept });
  };
  const { status, setAside } = search("snp");
  assert.equal(status, "found");
  const asideNames = setAside.map(({ firmware, finding }) => [firmware, finding]);
  assert.deepEqual(asideNames, [["unaligned.fd", "firmware.size.unaligned"]]);
  assert.deepEqual(search("sev").setAside, []);
});

test("a finding that can never be accepted is refused by name", () => {
  for (const id of ["firmware.section.unaligned", "nonsense"]) {
    assert.throws(
      () => candidateOf("OVMF.fd", {}, new Set([id])),
      (error) => error instanceof LaunchError && error.code === "finding-not-acceptable",
    );
  }
});
