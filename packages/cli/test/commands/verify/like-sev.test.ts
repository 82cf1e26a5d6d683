// SPDX-License-Identifier: Apache-2.0
// The rows about tools for SEV and SEV-ES name only what exists here, and leave nothing of theirs out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FINDINGS } from "@greenlight/core/finding";
import { SEV_COMMANDS } from "../../../../psp/src/server/sev-commands.ts";
import type { Command, CommandEntry } from "../../../src/command/command.ts";
import { COMMANDS } from "../../../src/commands/index.ts";
import { PEERS as SNP_PEERS } from "../../../src/commands/verify/like/page.ts";
import type { LikeRow } from "../../../src/commands/verify/like/row.ts";
import { CAPABILITIES } from "../../../src/commands/verify/sev/like/capabilities.ts";
import { PEERS } from "../../../src/commands/verify/sev/like/page.ts";
import { greenlight } from "../../support/capture.ts";

const rows: readonly LikeRow[] = PEERS.flatMap(({ groups }) =>
  groups.flatMap((group) => group.rows),
);

/** Every command by its words. */
const commands = new Map<string, Command>();
await collect(COMMANDS);

async function collect(entries: readonly CommandEntry[]): Promise<void> {
  for (const entry of entries) {
    const loaded = await entry.load();
    if ("subcommands" in loaded) {
      await collect(loaded.subcommands);
    } else {
      commands.set(loaded.name, loaded);
      await collect(loaded.variants ?? []);
    }
  }
}

/** The command that a line such as `greenlight session make FILE --form sev-tool` is of. */
function commandOf(line: string): Command {
  const words = line.split(" ").slice(1);
  const found = commands.get(words.slice(0, 2).join(" ")) ?? commands.get(words[0]!);
  assert.ok(found !== undefined, line);
  return found;
}

function assertLineExists(line: string): void {
  if (line === "greenlight COMMAND --help") return;
  const command = commandOf(line);
  for (const [, name = ""] of line.matchAll(/ --([a-z-]+)/g)) {
    assert.ok(Object.hasOwn(command.options, name), `${line}: --${name}`);
  }
  const simulated = /^greenlight simulate command ([a-z-]+)/.exec(line)?.[1];
  if (simulated !== undefined) assert.ok(Object.hasOwn(SEV_COMMANDS, simulated), line);
}

/** Lines in backticks; one that is only an option belongs to the line before it. */
function linesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, line = ""]) => line);
}

test("every command and option in a row exists", () => {
  for (const { ours, command = "verify", options = [] } of rows) {
    const known = commands.get(command);
    assert.ok(known !== undefined, command);
    for (const option of options) assert.ok(Object.hasOwn(known.options, option), option);
    for (const line of linesIn(ours)) assertLineExists(line);
    // What is written outside of backticks is an option of the row's command.
    const bare = ours.replaceAll(/`[^`]+`/g, "").matchAll(/(?<![\w-])--([a-z-]+)/g);
    for (const [, name = ""] of bare) {
      const within: readonly Command[] = [known, ...linesIn(ours).map(commandOf)];
      assert.ok(
        within.some((candidate) => Object.hasOwn(candidate.options, name)),
        `${ours}: --${name}`,
      );
    }
  }
});

test("every option in a note exists", () => {
  const known = new Set([...commands.values()].flatMap(({ options }) => Object.keys(options)));
  for (const { theirs, note = "" } of rows) {
    for (const [, name = ""] of note.matchAll(/--([a-z-]+)/g)) {
      assert.ok(known.has(name) || theirs.includes(`--${name}`), note);
    }
  }
});

test("every command in a row about other verifiers exists too", () => {
  for (const { groups: theirs } of SNP_PEERS) {
    for (const { ours } of theirs.flatMap((group) => group.rows)) {
      for (const line of linesIn(ours)) if (line.startsWith("greenlight ")) assertLineExists(line);
    }
  }
});

test("every command and option in a capability exists", () => {
  for (const { what, ours } of CAPABILITIES) {
    const lines = linesIn(ours);
    assert.ok(lines.length > 0 || ours.startsWith("a plan"), what);
    let last = "";
    for (const line of lines) {
      last = line.startsWith("--") ? `${last} ${line}` : line;
      assertLineExists(last);
    }
  }
});

test("every finding that is named exists", () => {
  for (const { findings = [] } of [...rows, ...CAPABILITIES]) {
    for (const finding of findings) assert.ok(Object.hasOwn(FINDINGS, finding), finding);
  }
});

test("a row says where the same is, or why it is not", () => {
  for (const { theirs, ours, options = [] } of rows) {
    const said =
      options.length > 0 ||
      linesIn(ours).length > 0 ||
      /^not offered: ./.test(ours) ||
      /^(?:exit|refuses|firmware, |verify --ca|-i, )/.test(theirs);
    assert.ok(said, `${theirs}: ${ours}`);
  }
});

test("every command and flag of the three has its row", () => {
  const words: Readonly<Record<string, string>> = {
    sevctl:
      "-q --quiet export -f --full generate ok provision reset rotate session -n --name PDH POLICY " +
      "show verify --sev --oca --ca validate vmsa build update --cpu --family --model --stepping " +
      "--firmware --userspace measurement --api-major --api-minor --build-id --policy --nonce " +
      "--launch-measure-blob --tik --launch-digest --kernel --initrd --cmdline --num-cpus " +
      "--vmsa-cpu0 --vmsa-cpu1 --outfile secret --tek --secret --iv",
    "sev-tool":
      "--ofolder --verbose --brief --help --sys_info --test_all --factory_reset --platform_status " +
      "--pek_gen --pek_csr --pdh_gen --pdh_cert_export --pek_cert_import --get_id --sign_pek_csr " +
      "--set_self_owned --set_externally_owned --generate_cek_ask --get_ask_ark --export_cert_chain " +
      "--export_cert_chain_vcek --calc_measurement --validate_cert_chain --generate_launch_blob " +
      "--package_secret --validate_attestation --validate_guest_report --validate_cert_chain_vcek " +
      "pdh.cert pek.cert oca.cert cek.cert ask.cert ark.cert ask_ark.cert pek_csr.cert " +
      "pek_csr.signed.cert cert_chain.cert getid_s0_out.txt getid_s1_out.txt " +
      "calc_measurement_out.txt calc_measurement_out.bin launch_blob.bin godh.cert tmp_tk.bin " +
      "packaged_secret.bin packaged_secret_header.bin",
    "virt-qemu-sev-validate":
      "-d --debug -q --quiet -m --measurement --api-major --api-minor --build-id --policy -f " +
      "--firmware -k --kernel -r --initrd -e --cmdline -n --num-cpus -0 --vmsa-cpu0 -1 --vmsa-cpu1 " +
      "--cpu-family --cpu-model --cpu-stepping --tik --tek --tk -c --connect -o --domain -i " +
      "--insecure -g --ignore-config -s --inject-secret --secret-header --secret-payload",
  };
  assert.deepEqual(PEERS.map(({ name }) => name).toSorted(), Object.keys(words).toSorted());
  for (const { name, groups: theirs } of PEERS) {
    const said = theirs
      .flatMap(({ title, rows: own }) => [title, ...own.map((row) => row.theirs)])
      .join(" ");
    const known = new Set(said.split(/[\s,|[\]():]+/));
    for (const word of words[name]!.split(" ")) assert.ok(known.has(word), `${name}: ${word}`);
  }
});

test("the examples' options exist", () => {
  for (const { example } of PEERS) assertLineExists(example.ours);
});

test("--like shows the page of each tool in 80 columns", async () => {
  for (const { name, example } of PEERS) {
    const { code, out } = await greenlight("verify", "sev", "--like", name);
    assert.equal(code, 0);
    assert.ok(out.includes(example.ours));
    for (const line of out.split("\n")) {
      if (line.includes(example.theirs) || line.includes(example.ours)) continue;
      assert.ok(line.length <= 80, line);
    }
  }
});
