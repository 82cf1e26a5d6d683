// SPDX-License-Identifier: Apache-2.0
// A launch whose process is killed at a step: nothing begun is ever gone on with, the record says how
// far it came, and no keys are left once a guest can be there.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runLaunch } from "../../src/launch/run.ts";
import { ImitationHost, testPlatform } from "./imitation.ts";
import {
  POLICY,
  context,
  materials,
  measuredPieces,
  readRecord,
  temporaryFolder,
} from "./support.ts";

const SCRIPT = fileURLToPath(new URL("killed-launch.ts", import.meta.url));
const platform = testPlatform();

describe("a launch that is killed", () => {
  const steps = ["begun", "offered", "starting", "releasing", "resuming", "running"] as const;
  for (const step of steps) {
    const folder = temporaryFolder();
    after(folder.remove);

    test(`at ${step} is not gone on with`, async () => {
      const { signal } = spawnSync(process.execPath, [SCRIPT, folder.path, step]);
      assert.equal(signal, "SIGKILL");
      const session = join(folder.path, "session");
      const { entries, problems } = readRecord(join(session, "record.jsonl"));
      assert.equal(entries.at(-1)?.step, step);
      assert.deepEqual(problems, ["launch.record.unended"]);
      assert.equal(existsSync(join(session, "test_tk.bin")), false);

      const host = new ImitationHost({ platform, pieces: measuredPieces(), policy: POLICY });
      const again = runLaunch(materials(platform), context(host, folder.path));
      await assert.rejects(again, ({ code }: { readonly code: string }) =>
        ["session-folder", "session-used"].includes(code),
      );
      assert.deepEqual(host.calls, []);
    });
  }
});
