// SPDX-License-Identifier: Apache-2.0
// Does the fuzzer find defects planted for it, again for the same seed, and none where none are?

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { constantsOf } from "../engine/constants.ts";
import { Mutator } from "../engine/mutate.ts";
import { Probe } from "../engine/probe.ts";
import { Random } from "../engine/random.ts";
import { supervise, type Report } from "../engine/supervise.ts";
import type { Job } from "../engine/target.ts";

const TOYS = new URL("./toy.ts", import.meta.url).href;

const jobOf = (target: string, more: Partial<Job> = {}): Job => ({
  index: TOYS,
  subject: "toy",
  target,
  seed: 1,
  runs: 30_000,
  seconds: Infinity,
  timeoutMs: 2000,
  memoryBytes: 16 * 2 ** 20,
  ...more,
});

/** The one crash of a run, checked to fail again by itself. */
async function onlyCrash(report: Report): Promise<Report["crashes"][number]> {
  assert.equal(report.crashes.length, 1, JSON.stringify(report.crashes));
  const [crash] = report.crashes;
  assert.ok(crash?.reproduced);
  const probe = new Probe(report.job);
  try {
    assert.equal((await probe.run(crash.data))?.signature, crash.signature);
  } finally {
    await probe.close();
  }
  return crash;
}

// Two at a time: most of a hanging target's time is spent waiting.
describe("the search", { concurrency: 2 }, () => {
  test("a read past the end is found behind a magic number and a length", async () => {
    const crash = await onlyCrash(await supervise(jobOf("out-of-range")));
    assert.match(crash.detail, /^RangeError: Offset is outside the bounds[^]*toy\.ts:\d+/);
    assert.doesNotMatch(crash.detail, /fuzz\/engine/);
  });

  test("a defect behind four bytes is found by the blocks reached, and minimised", async () => {
    const crash = await onlyCrash(await supervise(jobOf("step-by-step")));
    assert.match(crash.detail, /^TypeError/);
    assert.deepEqual([...crash.data], [0xd1, 0x3c, 0x95, 0x6e]);
  });

  test("an endless execution is ended and reported", async () => {
    const report = await supervise(jobOf("endless", { timeoutMs: 160 }));
    const crash = await onlyCrash(report);
    assert.equal(crash.kind, "hang");
    assert.equal(report.digest, undefined);
    assert.ok(report.progress.executions > 0);
  });

  test("memory taken by one execution is reported", async () => {
    const crash = await onlyCrash(await supervise(jobOf("greedy", { runs: 2000 })));
    assert.equal(crash.kind, "memory");
  });

  test("memory taken without end is reported before it ends the process", async () => {
    const crash = await onlyCrash(await supervise(jobOf("hoarder", { timeoutMs: 160 })));
    assert.equal(crash.kind, "hang");
  });

  test("memory kept from one execution to the next is reported", async () => {
    const report = await supervise(jobOf("leaky"));
    assert.deepEqual(
      report.crashes.map(({ kind, signature, reproduced }) => ({ kind, signature, reproduced })),
      [{ kind: "memory", signature: "hoard", reproduced: false }],
    );
  });

  test("a stack overflow is found by the text mutators", async () => {
    const crash = await onlyCrash(await supervise(jobOf("nested", { runs: 10_000 })));
    assert.match(crash.detail, /^RangeError: Maximum call stack size exceeded/);
  });

  test("the same seed gives the same run, another seed another", async () => {
    const runs = [1, 1, 2].map((seed) => supervise(jobOf("sound", { seed, runs: 5000 })));
    const [first, again, other] = await Promise.all(runs);
    assert.ok(first?.digest !== undefined && again !== undefined && other !== undefined);
    assert.deepEqual(first.crashes, []);
    assert.equal(again.digest, first.digest);
    const { seconds: _, ...progress } = first.progress;
    assert.deepEqual({ ...again.progress, seconds: 0 }, { ...progress, seconds: 0 });
    assert.notEqual(other.digest, first.digest);
    assert.equal(progress.executions, 5000);
    assert.ok(progress.covered > 10 && progress.covered <= progress.known);
  });

  test("blocks that no input reached are named by file and line", async () => {
    const { uncovered } = await supervise(jobOf("step-by-step", { runs: 2 }));
    assert.ok(uncovered.length > 0);
    for (const place of uncovered) assert.match(place, /toy\.ts:\d+(-\d+)?$/);
  });

  test("a kept corpus is where the next run goes on", async () => {
    const corpus = mkdtempSync(join(tmpdir(), "fuzz-corpus-"));
    try {
      await supervise(jobOf("step-by-step", { corpus }));
      assert.equal(readdirSync(join(corpus, "step-by-step")).length, 3);
      const fresh = await supervise(jobOf("step-by-step", { runs: 4 }));
      const second = await supervise(jobOf("step-by-step", { runs: 4, corpus }));
      assert.equal(second.progress.corpus, 4);
      assert.ok(second.progress.covered > fresh.progress.covered);
    } finally {
      rmSync(corpus, { recursive: true });
    }
  });

  test("a target that cannot be loaded is an error, not a result", async () => {
    await assert.rejects(supervise(jobOf("no-such-target")), /no target no-such-target/);
  });
});

test("constants are taken from code, not from comments and imports", () => {
  const { numbers, tokens } = constantsOf([
    `// 77 "comment"\nimport { a } from "./module.ts";\nconst A = 0x1234_5678n + 9 + a1 + 1.5;\n` +
      `const B = ["ASEV", "two words", "00112233-4455-6677-8899-aabbccddeeff"];`,
  ]);
  assert.deepEqual(numbers, [0x12345678n, 9n]);
  assert.deepEqual(
    tokens.map((token) => Buffer.from(token).toString("hex")),
    [
      Buffer.from("ASEV").toString("hex"),
      Buffer.from("00112233-4455-6677-8899-aabbccddeeff").toString("hex"),
      "33221100554477668899aabbccddeeff",
      "00112233445566778899aabbccddeeff",
    ],
  );
});

test("mutations stay within the longest length, from any length", () => {
  const tokens = [new Uint8Array(40).fill(7)];
  for (const text of [false, true]) {
    for (const max of [1, 2, 7, 64]) {
      const material = { dictionary: tokens, tokens, numbers: [5n], text };
      const mutator = new Mutator(new Random(3), max, material);
      const lengths = new Set<number>();
      let parent = new Uint8Array(0);
      for (let i = 0; i < 5000; i++) {
        const other = new Uint8Array(i % (max + 1)).fill(1);
        parent = new Uint8Array(mutator.mutate(parent, other));
        lengths.add(parent.length);
      }
      assert.ok(Math.max(...lengths) <= max && lengths.size > Math.min(max, 20) - 1);
    }
  }
});

test("random numbers cover their range evenly enough", () => {
  const random = new Random(1, "label");
  const counts = new Uint32Array(10);
  for (let i = 0; i < 100_000; i++) counts[random.below(10)]!++;
  assert.ok(
    counts.every((count) => count > 9_500 && count < 10_500),
    String(counts),
  );
  for (let i = 0; i < 1000; i++) {
    const small = random.small(9);
    assert.ok(small >= 1 && small <= 9);
  }
  assert.equal(random.below(0), 0);
});

test("the command line writes, reproduces and counts crashes", () => {
  const crashes = mkdtempSync(join(tmpdir(), "fuzz-crashes-"));
  const fuzz = (...words: string[]): ReturnType<typeof spawnSync> & { stdout: string } => {
    const script = join(import.meta.dirname, "..", "run.ts");
    const toys = join(import.meta.dirname, "toy.ts");
    const all = [script, "--targets", toys, "--crashes", crashes, ...words];
    return spawnSync(process.execPath, all, { encoding: "utf8" });
  };
  try {
    const run = fuzz(
      "--target",
      "step-by-step",
      "--target",
      "sound",
      "--seed",
      "1",
      "--runs",
      "20000",
      "--workers",
      "2",
    );
    assert.equal(run.status, 1, String(run.stderr));
    assert.match(run.stdout, /^step-by-step +20000 .* 1\nsound +20000 .* 0\ntotal +40000 +1\n$/m);
    assert.match(String(run.stderr), /^seed 1\n/);
    const [file] = readdirSync(crashes);
    assert.match(file ?? "", /^step-by-step-[\da-f]{16}\.bin$/);
    const again = fuzz("--target", "step-by-step", "--reproduce", join(crashes, file ?? ""));
    assert.equal(again.status, 1);
    assert.match(again.stdout, /^error: TypeError/);
    assert.match(fuzz("--help").stdout, /Example/);
    for (const wrong of [
      ["--target", "nothing"],
      ["--runs", "x"],
      ["--unknown"],
      ["--reproduce", "x"],
    ]) {
      const { status, stderr } = fuzz(...wrong);
      assert.equal(status, 2, wrong.join(" "));
      assert.match(String(stderr), /^fuzz: /);
      assert.doesNotMatch(String(stderr), /\n +at /);
    }
  } finally {
    rmSync(crashes, { recursive: true });
  }
});
