// SPDX-License-Identifier: Apache-2.0
// A disk that is full for real: a launch stops before what it could not record, and its record still
// says how it ended.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { GuestLaunchError } from "../../src/launch/error.ts";
import { runLaunch } from "../../src/launch/run.ts";
import { ImitationHost, testPlatform } from "./imitation.ts";
import { POLICY, context, materials, measuredPieces, readRecord } from "./support.ts";

/** A file system of 1 MiB; undefined where none can be mounted. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "greenlight-full-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=700", "none", folder]);
  if (status === 0) return folder;
  rmdirSync(folder);
  return undefined;
}

function unmounted(folder: string): void {
  spawnSync("umount", ["-l", folder]);
  rmdirSync(folder);
}

test("a full disk: nothing is released, and the record ends", async (t) => {
  const platform = testPlatform();
  const steps = new Set<string>();
  // Room for the reserve and more and more lines; a tmpfs gives it in pages.
  for (let pages = 34; pages <= 48; pages++) {
    const folder = smallDisk();
    if (folder === undefined) {
      t.skip("no tmpfs can be mounted here");
      return;
    }
    try {
      const { bavail, bsize } = statfsSync(folder);
      writeFileSync(join(folder, "ballast"), Buffer.alloc((bavail - pages) * bsize, 1));
      const host = new ImitationHost({ platform, pieces: measuredPieces(), policy: POLICY });
      const launching = runLaunch(materials(platform), context(host, folder));
      const result = await launching.catch((error: unknown) => {
        // Not even the folder's own files had room: nothing was begun.
        assert.ok(error instanceof GuestLaunchError, String(error));
        assert.equal(error.code, "record-unwritable");
        assert.deepEqual(host.calls, []);
      });
      if (result === undefined) continue;
      const { entries, problems } = readRecord(result.record);
      steps.add(`${result.state} at ${entries.at(-3)?.step ?? "nothing"}`);
      assert.deepEqual(problems, [], `${pages} pages`);
      assert.equal(entries.at(-1)?.state, result.state);
      if (host.secrets.length > 0) {
        assert.ok(entries.some(({ step }) => step === "releasing"));
      }
      if (result.state !== "running") assert.notEqual(host.state, "running");
      await host.close();
    } finally {
      unmounted(folder);
    }
  }
  assert.ok(
    [...steps].some((step) => step.startsWith("failed")),
    [...steps].join(),
  );
});
