// SPDX-License-Identifier: Apache-2.0
// Legacy launches against published measurements, every way they can differ, and what is said then.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { fixtureFirmware } from "../../../../../fixtures/load.ts";
import {
  appraiseSevLaunch,
  explainSevMismatch,
  launchCandidates,
  withExplanation,
} from "../../../src/appraisal/launch/index.ts";
import type {
  LaunchExpectation,
  SevLaunchAppraisal,
  SevLaunchInput,
} from "../../../src/appraisal/launch/index.ts";
import { hexDecode } from "../../../src/bytes/index.ts";
import { sha256 } from "../../../src/crypto/node.ts";
import { readFirmware } from "../../../src/firmware/index.ts";
import { launchMeasurement, sevLaunchDigest, vmsaProfile } from "../../../src/launch/index.ts";
import { missingVectors, readVectorJson } from "../../support/vectors.ts";

const firmware = readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd"));
const older = readFirmware(fixtureFirmware("OVMF-2022.11.fd"));
const tik = Uint8Array.from({ length: 16 }, (_, i) => i + 1);
const mnonce = new Uint8Array(16).fill(9);
const sum = (text: string): Uint8Array => sha256(new TextEncoder().encode(text));

const EXPECTATION: LaunchExpectation = {
  generation: "sev",
  firmwares: [{ name: "OVMF.fd", firmware }],
  boot: {
    kernel: { name: "vmlinuz", sha256: sum("kernel") },
    cmdline: "console=ttyS0 quiet",
  },
  vcpus: 1,
  profiles: [vmsaProfile("qemu-es-legacy")],
  sevFeatures: [0n],
};

const API = { apiMajor: 1, apiMinor: 55, buildId: 24 };
const POLICY = 0x3301000b;

function measuredAs(digest: Uint8Array, policy = POLICY, api = API): Uint8Array {
  const blob = new Uint8Array(48);
  blob.set(launchMeasurement({ tik, ...api, policy, digest, mnonce }));
  blob.set(mnonce, 32);
  return blob;
}

function input(more: Partial<SevLaunchInput> = {}): SevLaunchInput {
  const candidates = launchCandidates(EXPECTATION);
  return {
    generation: "sev",
    session: { policy: POLICY, keys: { tik } },
    reported: { type: "sev", ...API, policy: POLICY, state: "launch-secret", waiting: true },
    blob: measuredAs(candidates[0]!.digest),
    candidates,
    minimum: { major: 1, minor: 51, build: 3 },
    ...more,
  };
}

const open = ({ findings }: SevLaunchAppraisal): readonly string[] =>
  findings.filter(({ outcome }) => outcome === "fail" || outcome === "unknown").map(({ id }) => id);

interface MeasurementVector {
  readonly name: string;
  readonly tik: string;
  readonly api_major: number;
  readonly api_minor: number;
  readonly build_id: number;
  readonly policy: number;
  readonly launch_digest: string;
  readonly mnonce: string;
  readonly measure: string;
}

const VECTORS = "sev/cases.json";
test("published measurements are recognised", { skip: missingVectors(VECTORS) }, () => {
  const { measurement } = readVectorJson(VECTORS) as {
    readonly measurement: readonly Partial<MeasurementVector>[];
  };
  let count = 0;
  for (const vector of measurement) {
    if (vector.tik === undefined || vector.launch_digest === undefined) continue;
    if (vector.measure === undefined || vector.mnonce === undefined) continue;
    count++;
    const digest = hexDecode(vector.launch_digest);
    const blob = hexDecode(vector.measure + vector.mnonce);
    const { api_major = 0, api_minor = 0, build_id = 0, policy = 0 } = vector;
    const reported = { type: "sev", apiMajor: api_major, apiMinor: api_minor, buildId: build_id };
    const given: SevLaunchInput = {
      generation: "sev",
      session: { policy, keys: { tik: hexDecode(vector.tik) } },
      reported: { ...reported, waiting: true },
      blob,
      candidates: [{ label: "published", firmware: { name: "x", firmware }, digest }],
    };
    assert.equal(appraiseSevLaunch(given).candidate?.label, "published", String(vector.name));
    const changed = blob.map((byte, i) => (i === 5 ? byte ^ 1 : byte));
    assert.equal(appraiseSevLaunch({ ...given, blob: changed }).candidate, undefined);
  }
  assert.ok(count > 0);
});

describe("a launch that is as planned", () => {
  test("is accepted, with the weakness of its generation told", () => {
    const appraisal = appraiseSevLaunch(input());
    assert.equal(appraisal.outcome, "accepted");
    assert.equal(appraisal.candidate?.label, "OVMF.fd");
    assert.deepEqual(appraisal.measure, input().blob.slice(0, 32));
    const warned = appraisal.findings.filter(({ outcome }) => outcome === "warn");
    assert.deepEqual(
      warned.map(({ id }) => id),
      ["launch.digest.addresses-not-bound"],
    );
  });

  test("names every candidate that no digest tells apart", () => {
    const [first] = launchCandidates({
      ...EXPECTATION,
      firmwares: [...EXPECTATION.firmwares, { name: "copy.fd", firmware }],
    });
    assert.equal(first?.label, "OVMF.fd, or copy.fd");
  });

  test("may be one of several: SEV-ES with each profile", () => {
    const expectation: LaunchExpectation = {
      ...EXPECTATION,
      generation: "sev-es",
      vcpuType: { name: "EPYC-v4", signature: 0x00800f12 },
      profiles: [vmsaProfile("qemu-es-legacy"), vmsaProfile("qemu")],
    };
    const candidates = launchCandidates(expectation);
    assert.equal(candidates.length, 2);
    for (const { digest, label } of candidates) {
      const appraisal = appraiseSevLaunch(input({ candidates, blob: measuredAs(digest) }));
      assert.equal(appraisal.candidate?.label, label);
    }
  });
});

describe("a launch that is not", () => {
  const rows: readonly (readonly [string, Partial<SevLaunchInput>, readonly string[]])[] = [
    [
      "another digest",
      { blob: measuredAs(sum("other")) },
      ["launch.measurement.mismatch", "launch.api.below-minimum"],
    ],
    [
      "another policy inside the measurement",
      { blob: measuredAs(launchCandidates(EXPECTATION)[0]!.digest, 1) },
      ["launch.measurement.mismatch", "launch.api.below-minimum"],
    ],
    [
      "another policy in words",
      { reported: { ...input().reported, policy: 1 } },
      ["launch.policy.differs"],
    ],
    ["no SEV", { reported: { ...input().reported, type: "none" } }, ["launch.kind.mismatch"]],
    [
      "a guest that runs",
      { reported: { ...input().reported, waiting: false } },
      ["launch.guest.state"],
    ],
    [
      "a build below the minimum",
      { minimum: { major: 1, minor: 55, build: 25 } },
      ["launch.api.below-minimum"],
    ],
    [
      "no whole measurement",
      { blob: new Uint8Array(47) },
      ["launch.measurement.layout", "launch.measurement.mismatch", "launch.api.below-minimum"],
    ],
    [
      "numbers that no firmware states",
      { reported: { ...input().reported, apiMinor: 1.5 } },
      ["launch.api.malformed", "launch.measurement.mismatch", "launch.api.below-minimum"],
    ],
  ];
  for (const [what, more, ids] of rows) {
    test(`${what}: ${ids.join(", ")}`, () => {
      const appraisal = appraiseSevLaunch(input(more));
      assert.equal(appraisal.outcome, "rejected");
      assert.deepEqual(open(appraisal), ids);
    });
  }

  test("old firmware proves nothing of itself, which is accepted only by name", () => {
    const reported = { ...input().reported, apiMajor: 0, apiMinor: 16 };
    const api = { apiMajor: 0, apiMinor: 16, buildId: 24 };
    const { minimum: _, ...rest } = input();
    const blob = measuredAs(launchCandidates(EXPECTATION)[0]!.digest, POLICY, api);
    const given = { ...rest, reported, blob };
    assert.deepEqual(open(appraiseSevLaunch(given)), ["launch.api.not-covered"]);
    const accept = new Set(["launch.api.not-covered"]);
    assert.equal(appraiseSevLaunch({ ...given, accept }).outcome, "accepted");
    const unproved = appraiseSevLaunch({ ...given, accept, minimum: { major: 0, minor: 16 } });
    assert.equal(unproved.outcome, "undecided");
    assert.deepEqual(open(unproved), ["launch.api.below-minimum"]);
  });

  test("whatever bit of the measurement is turned", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 48 * 8 - 1 }), (bit) => {
        const { blob } = input();
        const turned = blob.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        return appraiseSevLaunch(input({ blob: turned })).candidate === undefined;
      }),
    );
  });

  test("a mismatch cannot be accepted by name", () => {
    const accept = new Set(["launch.measurement.mismatch"]);
    const appraisal = appraiseSevLaunch(input({ blob: measuredAs(sum("other")), accept }));
    assert.equal(appraisal.outcome, "rejected");
  });
});

describe("a mismatch is explained", () => {
  const explained = (blob: Uint8Array, more: Parameters<typeof explainSevMismatch>[2] = {}) =>
    explainSevMismatch(input({ blob }), EXPECTATION, more);

  test("by a command line that differs in a way that is often seen", () => {
    const boot = { ...EXPECTATION.boot!, cmdline: "console=ttyS0 quiet\n" };
    const [other] = launchCandidates({ ...EXPECTATION, boot });
    assert.match(explained(measuredAs(other!.digest)) ?? "", /command line/);
  });

  test("by kernel hashes that are off", () => {
    assert.match(explained(measuredAs(sevLaunchDigest({ firmware }))) ?? "", /kernel hashes/);
  });

  test("by firmware that is at hand", () => {
    const blob = measuredAs(sevLaunchDigest({ firmware: older }));
    const alsoFirmwares = [{ name: "old.fd", firmware: older }];
    assert.match(explained(blob, { alsoFirmwares }) ?? "", /old\.fd/);
  });

  test("by a build that the host states wrongly", () => {
    const [candidate] = launchCandidates(EXPECTATION);
    const blob = measuredAs(candidate!.digest, POLICY, { ...API, buildId: 25 });
    assert.match(explained(blob) ?? "", /API 1\.55 build 25/);
  });

  test("or not at all, which is said", () => {
    const blob = measuredAs(sum("other"));
    const explanation = explained(blob, { limit: 100 });
    assert.equal(explanation, undefined);
    const findings = withExplanation(appraiseSevLaunch(input({ blob })).findings, explanation);
    const mismatch = findings.find(({ id }) => id === "launch.measurement.mismatch");
    assert.match(mismatch?.hint ?? "", /another session/);
  });
});
