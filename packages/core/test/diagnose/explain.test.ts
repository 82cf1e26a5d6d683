// SPDX-License-Identifier: Apache-2.0
// Explanations: what the digest cannot tell apart, what to do, and what a failed search rules out.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DIMENSIONS,
  exclusionSentence,
  explainLaunch,
  modesTried,
  nextSteps,
  notCovered,
  triedValues,
} from "../../src/diagnose/index.ts";
import type { Explanation, SearchRequest } from "../../src/diagnose/index.ts";
import { hintsFor } from "../../src/diagnose/hints.ts";
import { vmsaProfile } from "../../src/launch/index.ts";
import { SOUND_SECTIONS } from "../support/firmware-builder.ts";
import {
  LINE,
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

function explain(request: SearchRequest): Explanation {
  const { launch } = searchAll(request);
  assert.ok(launch !== undefined);
  return explainLaunch(launch, request);
}

test("vCPU types of one signature are named together", () => {
  const space = spaceOf(expectationOf());
  const { equivalents } = explain(plant(space, { vcpus: 9 }));
  assert.equal(equivalents.length, 1);
  assert.match(
    equivalents[0]!,
    /signature 0x800f12 look alike: EPYC-v4, EPYC, EPYC-IBPB, 0x800f12 \(-cpu host on Naples\)/,
  );
});

test("a profile that ignores the type says so, and finds its look-alikes", () => {
  // With CPUID last in the file and one vCPU, EC2 of old and libkrun measure the same pages.
  const sections = [...SOUND_SECTIONS.filter(({ type }) => type !== 3), SOUND_SECTIONS[3]!];
  const space = spaceOf(expectationOf({ vcpus: 1, firmwares: [candidateOf("f", { sections })] }));
  const profile = labelled(space.vmsaProfile, "ec2-rdx0");
  const { equivalents, rows } = explain(plant(space, { profile }));
  assert.ok(
    equivalents.some((text) => /^VMSA profile ec2-rdx0 .* the same pages as krun$/.test(text)),
    equivalents.join("; "),
  );
  assert.ok(equivalents.some((text) => /does not measure the vCPU type/.test(text)));
  const type = rows.find(({ dimension }) => dimension === "vcpu-type");
  assert.deepEqual([type?.used, type?.differs], ["not measured", false]);
});

test("equal files are named together", () => {
  const firmwares = [candidateOf("OVMF.fd"), candidateOf("copy.fd")];
  const { equivalents } = explain(plant(spaceOf(expectationOf({ firmwares })), {}));
  assert.ok(equivalents.includes("firmware OVMF.fd is the same as copy.fd"));
});

test("a command line that differs is shown exactly", () => {
  const space = spaceOf(withKernel());
  const commandLine = labelled(space.commandLine, "with a newline at the end");
  const { rows } = explain(plant(space, { table: [0, 0, commandLine] }));
  const row = rows.find(({ dimension }) => dimension === "command-line");
  assert.equal(row?.exactly, JSON.stringify(`${LINE}\n`));
  assert.equal(row?.expected, JSON.stringify(LINE));
});

test("long command lines are cut in the sentence only", () => {
  const long = "x".repeat(500);
  const space = spaceOf(withKernel({ commandLines: [{ line: long }] }));
  const { sentence, rows } = explain(plant(space, { table: [0, 0, 1] }));
  assert.ok(sentence.length < 300);
  assert.ok(rows.some(({ expected }) => expected?.length === 502));
});

test("without hashes nothing is said of kernel, initrd and command line but that they are open", () => {
  const space = spaceOf(withKernel());
  const { rows, hints } = explain(plant(space, { table: null }));
  for (const dimension of ["kernel", "initrd", "command-line"]) {
    const row = rows.find((each) => each.dimension === dimension);
    assert.deepEqual([row?.used, row?.differs], ["not measured", false]);
  }
  assert.match(hints.join(" "), /kernel-hashes=on is missing on the host/);
  assert.match(hints.join(" "), /can have loaded any/);
});

test("every parameter has a hint for when it differs", () => {
  const space = spaceOf(withKernel());
  const launch = launchAt(space, {});
  for (const dimension of DIMENSIONS) {
    const row = {
      dimension,
      title: dimension,
      expected: "a",
      used: "b",
      measured: true,
      differs: true,
    };
    const hints = hintsFor([row], launch, space);
    assert.equal(hints.length, 1, dimension);
    assert.match(hints[0]!, /^[A-Z].*\.$/, dimension);
  }
});

test("firmware loaded another way has a hint of its own", () => {
  const base = candidateOf("OVMF.fd");
  const recipes = [
    { kind: "code-part", file: "OVMF.fd", vars: 0x8_4000 },
    { kind: "joined", vars: "VARS.fd", code: "CODE.fd" },
    { kind: "ovmf-hash", file: "OVMF.fd", ovmfHash: "ab".repeat(48) },
  ] as const;
  const hints = recipes.map((recipe, i) => {
    const other = { ...candidateOf("x", { seed: 20 + i }), recipe };
    const space = spaceOf(expectationOf({ firmwares: [base, other] }));
    return explain(plant(space, { firmware: 1 })).hints[0] ?? "";
  });
  assert.match(hints[0]!, /CODE part alone/);
  assert.match(hints[1]!, /VARS and CODE as one image/);
  assert.match(hints[2]!, /older build/);
});

test("DebugSwap is explained with the kernels that set it", () => {
  const space = spaceOf(expectationOf({ mode: "seves", sevFeatures: 0n }));
  const { hints } = explain(plant(space, { features: 1 }));
  assert.match(hints.join(" "), /--es-features 0x20.*6\.6 to 6\.8/);
});

test("a failed search says what was tried, what was not, and what to do next", () => {
  const space = spaceOf(expectationOf(), { ...OPTIONS, maxVcpus: 6 });
  const request = { observed: new Uint8Array(48), spaces: [space] };
  const outcome = searchAll(request);
  assert.match(exclusionSentence(outcome), /^Every combination/);
  const tried = triedValues(space);
  assert.deepEqual(
    tried.find(({ dimension }) => dimension === "vcpus"),
    { dimension: "vcpus", title: "vCPUs", count: 6, values: "1 to 6" },
  );
  const product = tried.reduce((n, { count }) => n * count, 1);
  assert.ok(product >= outcome.progress.total);
  const steps = nextSteps(request, outcome, false).join("\n");
  assert.match(steps, /--exhaustive/);
  assert.match(steps, /--kernel/);
  assert.match(steps, /query-sev-launch-measure/);
  assert.doesNotMatch(nextSteps(request, outcome, true).join("\n"), /query-sev-launch-measure/);
  assert.match(notCovered(request), /Guest policy.*HOST_DATA/);
  assert.equal(modesTried(request), "SEV-SNP");
});

test("next steps know what was held fixed, how far it went, and which mode it was", () => {
  const fixed = spaceOf(withKernel({ mode: "sev" }), { ...fixing("kernel"), exhaustive: true });
  const request = { observed: new Uint8Array(32), spaces: [fixed], limit: 10 };
  const outcome = searchAll(request);
  assert.equal(outcome.status, "limit");
  const steps = nextSteps(request, outcome, false).join("\n");
  assert.match(steps, /Raise --limit/);
  assert.match(steps, /Held fixed: kernel\./);
  assert.doesNotMatch(steps, /--exhaustive/);
  assert.match(steps, /HMAC over the digest/);
  assert.doesNotMatch(notCovered(request), /HOST_DATA/);
  assert.doesNotMatch(
    triedValues(fixed)
      .map(({ title }) => title)
      .join(),
    /vCPU/,
  );
});

test("sentences about what was ruled out count differences in words", () => {
  const progress = { compared: 9, total: 99, distance: 1, comparedHere: 1, totalHere: 2 };
  const of = (completed: number) =>
    exclusionSentence({ status: "limit", completed, progress, setAside: [] });
  assert.match(of(-1), /before anything was ruled out/);
  assert.match(of(0), /the launch as you described it/);
  assert.match(of(1), /up to 1 difference from/);
  assert.match(of(2), /up to 2 differences from/);
});

test("profiles of the expected VMM are nearer than those of others", () => {
  const space = spaceOf(expectationOf({ profile: { profile: vmsaProfile("ec2") } }));
  const costs = Object.fromEntries(
    space.vmsaProfile.choices.map(({ label, cost }) => [label, cost]),
  );
  assert.equal(costs["ec2"], 0);
  assert.equal(costs["ec2-rdx0"], 1);
  assert.equal(costs["qemu"], 2);
  assert.equal(costs["gce with FPU as after INIT"], 3);
});
