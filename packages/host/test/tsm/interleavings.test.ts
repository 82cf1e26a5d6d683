// SPDX-License-Identifier: Apache-2.0
// Other processes write to our entries, read them, remove them and make them anew, in every order that
// fast-check comes up with. What comes out is either right or a named error, and right once the others
// have had their say.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TsmError, getEvidence } from "../../src/tsm/index.ts";
import type { TsmEvidence } from "../../src/tsm/index.ts";
import { reportData, stampedTable } from "../support/guest.ts";
import { KernelTsm } from "../support/kernel-tsm.ts";
import { SevGuest } from "../support/sev-guest.ts";

type Action =
  | { readonly kind: "write"; readonly attribute: string; readonly bytes: Uint8Array }
  | { readonly kind: "read"; readonly attribute: string }
  | { readonly kind: "remove" }
  | { readonly kind: "replace" };

const text = (...values: readonly string[]) =>
  fc.constantFrom(...values).map((value) => Buffer.from(value));

const writes = fc.oneof(
  fc.record({
    kind: fc.constant("write" as const),
    attribute: fc.constant("privlevel"),
    bytes: text("0", "1\n", "3", "9", "0x"),
  }),
  fc.record({
    kind: fc.constant("write" as const),
    attribute: fc.constantFrom("service_provider", "service_guid", "service_manifest_version"),
    bytes: text("svsm", "other", "1", "c476f1eb-0123-45a5-9641-b4e7dde5bfe3"),
  }),
  fc.record({
    kind: fc.constant("write" as const),
    attribute: fc.constant("inblob"),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 65 }),
  }),
);
const reads = fc.record({
  kind: fc.constant("read" as const),
  attribute: fc.constantFrom("auxblob", "outblob", "manifestblob", "generation", "provider"),
});
const removals = fc.constantFrom<Action>({ kind: "remove" }, { kind: "replace" });

/** Another process. Whatever it does may fail; it does not mind. */
async function disturb(
  kernel: KernelTsm,
  action: Action,
  choose: number,
  made: Set<string>,
): Promise<void> {
  await kernel.step("disturb");
  const entries = kernel.entries();
  const path = entries[choose % entries.length];
  if (path === undefined) return;
  try {
    if (action.kind === "remove" || action.kind === "replace") {
      await kernel.rmdir(path);
      if (action.kind === "remove") return;
      await kernel.mkdir(path);
      made.add(path);
      return;
    }
    const file = await kernel.open(`${path}/${action.attribute}`, action.kind);
    try {
      if (action.kind === "write") await file.write(action.bytes);
      else await file.read(new Uint8Array(65_536));
    } finally {
      await file.close();
    }
  } catch (error) {
    assert.ok(error instanceof Error && "code" in error, String(error));
    assert.notEqual(error.code, "EAGAIN", "EWOULDBLOCK never leaves the kernel");
  }
}

interface Outcome {
  readonly results: readonly PromiseSettledResult<TsmEvidence>[];
  readonly kernel: KernelTsm;
  readonly made: ReadonlySet<string>;
}

async function race(
  scheduler: fc.Scheduler,
  vmpl: number,
  readers: number,
  actions: readonly (readonly [Action, number])[],
  attempts: number,
): Promise<Outcome> {
  const kernel = new KernelTsm({
    provider: new SevGuest({ vmpl, certificates: stampedTable }),
    step: (what) => scheduler.schedule(Promise.resolve(), what),
  });
  const made = new Set<string>();
  const reading = Array.from({ length: readers }, async (_, i) =>
    getEvidence(
      { reportData: reportData(i) },
      {
        files: kernel,
        attempts,
        pause: () => scheduler.schedule(Promise.resolve(), "pause"),
      },
    ),
  );
  const others = (async () => {
    for (const [action, choose] of actions) await disturb(kernel, action, choose, made);
  })();
  const settled = Promise.allSettled(reading);
  await scheduler.waitFor(Promise.all([settled, others]));
  return { results: await settled, kernel, made };
}

function assertRight(evidence: TsmEvidence, reader: number, vmpl: number): void {
  const report = Buffer.from(evidence.report);
  assert.deepEqual(Uint8Array.from(report.subarray(0x50, 0x90)), reportData(reader));
  assert.equal(report.readUInt32LE(0x30), vmpl);
  assert.equal(
    Buffer.from(evidence.certificates).readUInt32LE(),
    report.readUInt32LE(0x140),
    "report and certificates were made together",
  );
  assert.equal(evidence.certificates.length, 100 + report.readUInt32LE(0x140));
}

test("under any interleaving evidence is right, or there is a named error and no entry", async () => {
  const disturbances = fc.oneof(
    { weight: 6, arbitrary: writes },
    { weight: 2, arbitrary: reads },
    { weight: 1, arbitrary: removals },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.nat(2),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(disturbances, fc.nat(5)), { maxLength: 12 }),
      async (scheduler, vmpl, readers, actions) => {
        const { results, kernel, made } = await race(scheduler, vmpl, readers, actions, 3);
        for (const [i, result] of results.entries()) {
          if (result.status === "fulfilled") assertRight(result.value, i, vmpl);
          else {
            const error: unknown = result.reason;
            assert.ok(error instanceof TsmError, String(error));
            // A replaced entry counts anew; others can reach our count there, with a request of theirs.
            const replaced = made.size > 0 && error.code === "refused";
            assert.ok(replaced || ["race", "other-report"].includes(error.code), error.message);
          }
        }
        for (const path of kernel.entries()) assert.ok(made.has(path), `${path} was left`);
      },
    ),
    { numRuns: 400 },
  );
});

test("each disturbance costs one attempt at most, so enough attempts always suffice", async () => {
  const disturbances = fc.oneof(writes, reads, fc.constant<Action>({ kind: "remove" }));
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.nat(2),
      fc.array(fc.tuple(disturbances, fc.nat(5)), { maxLength: 6 }),
      async (scheduler, vmpl, actions) => {
        const { results } = await race(scheduler, vmpl, 1, actions, actions.length + 1);
        const [result] = results;
        assert.equal(result?.status, "fulfilled");
        if (result?.status === "fulfilled") assertRight(result.value, 0, vmpl);
      },
    ),
    { numRuns: 300 },
  );
});

test("a writer that never stops is given up on, with the number of attempts", async () => {
  const kernel: KernelTsm = new KernelTsm({
    provider: new SevGuest(),
    step: async (what) => {
      if (what !== "fill outblob") return;
      const [path] = kernel.entries();
      const file = await kernel.open(`${path}/privlevel`, "write");
      await file.write(Buffer.from("3"));
    },
  });
  const pauses: number[] = [];
  await assert.rejects(
    getEvidence(
      { reportData: reportData(0) },
      { files: kernel, attempts: 4, pause: async (ms) => void pauses.push(ms) },
    ),
    { code: "race", message: /in each of 4 attempts; at last: .*generation is 3, and 2 was/ },
  );
  assert.equal(pauses.length, 3, "there is no wait after the last attempt");
  for (const [i, ms] of pauses.entries()) {
    assert.ok(ms >= 10 * 2 ** i && ms <= 30 * 2 ** i, "waits double, with jitter");
  }
  assert.deepEqual(kernel.entries(), []);
});
