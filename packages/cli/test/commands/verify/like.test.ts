// SPDX-License-Identifier: Apache-2.0
// The rows about other tools name only what exists here.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_POLICY } from "@greenlight/core/appraisal";
import { FINDINGS } from "@greenlight/core/finding";
import { CAPABILITIES } from "../../../src/commands/verify/like/capabilities.ts";
import { PEERS } from "../../../src/commands/verify/like/page.ts";
import { OPTIONS } from "../../../src/commands/verify/options.ts";
import { greenlight } from "../../support/capture.ts";

const rows = [
  ...CAPABILITIES,
  ...PEERS.flatMap(({ groups }) => groups.flatMap((group) => group.rows)),
];

/** Whether a policy has a field of this path. */
function hasField(path: string): boolean {
  let value: unknown = DEFAULT_POLICY;
  for (const step of path.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return false;
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return true;
}

test("every option, field and finding that a row names exists", () => {
  for (const row of rows) {
    for (const option of row.options ?? []) assert.ok(Object.hasOwn(OPTIONS, option), option);
    for (const field of row.fields ?? []) assert.ok(hasField(field), field);
    for (const finding of row.findings ?? []) assert.ok(Object.hasOwn(FINDINGS, finding), finding);
  }
});

test("every field of a policy and every option of an appraisal is in some row", () => {
  const named = new Set(rows.flatMap(({ fields = [] }) => fields));
  const covered = (path: string): boolean =>
    [...named].some((field) => path === field || path.startsWith(`${field}.`));
  const leaves = (value: unknown, path: string): readonly string[] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, part]) =>
          leaves(part, path === "" ? key : `${path}.${key}`),
        )
      : [path];
  // About the policy itself, and what no other tool has.
  const own = new Set([
    "schema",
    "name",
    "description",
    "evidence.unknownExtensions",
    "guest.policy.unknown",
  ]);
  const missing = leaves(DEFAULT_POLICY, "").filter((path) => !covered(path) && !own.has(path));
  assert.deepEqual(missing, ["guest.binding.kinds"]);
});

test("every flag of go-sev-guest's check and snpguest's verify has its row", () => {
  const flags: Readonly<Record<string, string>> = {
    "go-sev-guest":
      "-in -inform -config -quiet -guest_policy -report_data -host_data -family_id -image_id " +
      "-report_id -report_id_ma -measurement -chip_id -vmpl -minimum_tcb -minimum_launch_tcb " +
      "-provisional -platform_info -require_author_key -require_idblock -min_build -min_version " +
      "-trusted_author_keys -trusted_author_key_hashes -trusted_id_keys -trusted_id_key_hashes " +
      "-product_key_path -product -product_name -stepping -workaround_kds_productname -check_crl " +
      "-network -timeout -max_retry_delay -v -kdsdatabase",
    snpguest:
      "-p --processor-model -t --tcb -s --signature -m --measurement -d --host-data -r " +
      "--report-data --id_key_digest --author_key_digest",
  };
  for (const [name, list] of Object.entries(flags)) {
    const peer = PEERS.find((candidate) => candidate.name === name)!;
    const said = peer.groups.flatMap(({ rows: own }) => own.map(({ theirs }) => theirs)).join(" ");
    const words = new Set(said.split(/[\s,=]+/));
    for (const flag of list.split(" ")) assert.ok(words.has(flag), `${name} ${flag}`);
  }
});

test("--like shows the page of each tool in 80 columns", async () => {
  for (const { name, example } of PEERS) {
    const { code, out } = await greenlight("verify", "--like", name);
    assert.equal(code, 0);
    assert.ok(out.includes(example.ours));
    for (const line of out.split("\n")) {
      if (!line.includes(example.theirs) && !line.includes(example.ours)) {
        assert.ok(line.length <= 80, line);
      }
    }
  }
});
