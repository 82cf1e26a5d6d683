// SPDX-License-Identifier: Apache-2.0
// Every example that --help shows works as it is written.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Command, CommandEntry } from "../src/command/command.ts";
import { COMMANDS } from "../src/commands/index.ts";
import { greenlight } from "./support/capture.ts";
import { enterExampleFolder, shellWords } from "./support/folder.ts";
import type { ExampleFolder } from "./support/folder.ts";
import { enterKdsExamples } from "./support/kds-examples.ts";
import type { KdsExamples } from "./support/kds-examples.ts";

let folder: ExampleFolder;
let examples: KdsExamples;
before(async () => {
  folder = await enterExampleFolder();
  examples = await enterKdsExamples();
});
after(() => {
  examples.leave();
  folder.remove();
});

async function allCommands(entries: readonly CommandEntry[]): Promise<readonly Command[]> {
  const loaded = await Promise.all(entries.map((entry) => entry.load()));
  const nested = loaded.map(async (command) =>
    "subcommands" in command
      ? allCommands(command.subcommands)
      : [command, ...(await allCommands(command.variants ?? []))],
  );
  return (await Promise.all(nested)).flat();
}

test("every command's examples run, in the order they are listed", async (t) => {
  for (const command of await allCommands(COMMANDS)) {
    for (const { line, brief, needs } of command.examples) {
      await t.test(`greenlight ${line}`, async () => {
        assert.ok(line.startsWith(command.name), "an example is of its own command");
        assert.notEqual(brief, "");
        const { code, out, err } = await greenlight(...shellWords(line));
        // 1 and 3 are answers (rejected, undecided); 2 would be an example that cannot work.
        assert.notEqual(code, 2, err);
        if (needs !== undefined && code === 3) {
          // This machine is none of those: that is what must be said.
          assert.match(err, /error: .+\n {2}hint: .+\n/);
          return;
        }
        assert.notEqual(out, "");
      });
    }
  }
});

test("every command's help fits 80 columns and shows its examples", async () => {
  for (const command of await allCommands(COMMANDS)) {
    const { code, out } = await greenlight(...command.name.split(" "), "--help");
    assert.equal(code, 0);
    assert.match(out, /^Usage: greenlight /);
    for (const { line } of command.examples) assert.ok(out.includes(`greenlight ${line}`));
    for (const row of out.split("\n")) {
      if (!row.startsWith("    greenlight ")) assert.ok(row.length <= 80, row);
    }
  }
});
