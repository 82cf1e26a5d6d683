// SPDX-License-Identifier: Apache-2.0
// Evidence through the system's own file operations, out of a mounted imitation of the kernel's folder.

import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { TsmError, getEvidence } from "../../src/tsm/index.ts";
import type { MountOptions } from "../support/fuse-server.ts";
import { reportData } from "../support/guest.ts";
import { mountKernel, mountObstacle } from "../support/mount.ts";

/** Runs a test in a guest, where one can be mounted. */
function mountedTest(
  name: string,
  options: MountOptions,
  run: (folder: string) => Promise<void>,
): void {
  test(name, async (t: TestContext) => {
    const mounted = mountObstacle() ?? (await mountKernel(options));
    if (typeof mounted === "string") {
      t.skip(mounted);
      return;
    }
    try {
      await run(mounted.folder);
      assert.deepEqual(readdirSync(mounted.folder), [], "no entry is left");
    } finally {
      await mounted.unmount();
    }
  });
}

mountedTest("evidence comes through real files", { vmpl: 2 }, async (folder) => {
  const evidence = await getEvidence({ reportData: reportData(1) }, { folder });
  assert.deepEqual(Uint8Array.from(evidence.report.subarray(0x50, 0x90)), reportData(1));
  assert.equal(evidence.privlevel, 2);
  assert.equal(evidence.certificates.length, 100);
  assert.equal(evidence.generation, 2n);
  assert.equal(evidence.attempts, 1);
});

mountedTest("several at once through real files", {}, async (folder) => {
  const all = await Promise.all(
    Array.from({ length: 12 }, async (_, i) =>
      getEvidence({ reportData: reportData(i) }, { folder }),
    ),
  );
  for (const [i, { report }] of all.entries()) {
    assert.deepEqual(Uint8Array.from(report.subarray(0x50, 0x90)), reportData(i));
  }
});

mountedTest(
  "the numbers of real errors are understood",
  { answers: ["EBADMSG"] },
  async (folder) => {
    const failing = async (): Promise<string> =>
      getEvidence({ reportData: reportData(1) }, { folder }).then(
        () => "evidence",
        (error: unknown) => (error instanceof TsmError ? error.code : String(error)),
      );
    // libuv has no name for EBADMSG.
    assert.equal(await failing(), "bad-answer");
    assert.equal(await failing(), "key-wiped");
  },
);

mountedTest("another process that writes is noticed through real files", {}, async (folder) => {
  let attempts = 0;
  await assert.rejects(
    getEvidence(
      { reportData: reportData(1) },
      {
        folder,
        attempts: 2,
        pause: async () => void attempts++,
        files: {
          ...(await import("../../src/tsm/files.ts")).systemFiles,
          mkdir: async (path) => {
            await mkdir(path);
            const file = await open(join(path, "privlevel"), "w");
            await file.write("3");
            await file.close();
          },
        },
      },
    ),
    { code: "race", message: /in each of 2 attempts.*generation is 1, and 0 was/ },
  );
  assert.equal(attempts, 1);
});

mountedTest("attributes look as configfs shows them", { vmpl: 1 }, async (folder) => {
  const entry = join(folder, "entry");
  await mkdir(entry);
  assert.deepEqual(readdirSync(entry).toSorted(), [
    "auxblob",
    "generation",
    "inblob",
    "manifestblob",
    "outblob",
    "privlevel",
    "privlevel_floor",
    "provider",
    "service_guid",
    "service_manifest_version",
    "service_provider",
  ]);
  assert.equal(statSync(join(entry, "outblob")).size, 0, "its size says nothing");
  assert.equal(statSync(join(entry, "generation")).size, 4096);
  const { rmdir } = await import("node:fs/promises");
  await rmdir(entry);
});
