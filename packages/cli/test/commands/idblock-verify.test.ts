// SPDX-License-Identifier: Apache-2.0
// `greenlight idblock show`, `verify` and `key-digest` as a person or a script runs them.

import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { missingVectors, readVector, readVectorJson } from "../../../core/test/support/vectors.ts";
import { DIGEST, done, idblock, make, refusal, words, writeKeys } from "../support/idblock.ts";
import type { Made } from "../support/idblock.ts";
import { enterExampleFolder } from "../support/folder.ts";
import type { ExampleFolder } from "../support/folder.ts";
import { assertTidy } from "../support/lines.ts";

let folder: ExampleFolder;
let idKey: KeyObject;
before(async () => {
  folder = await enterExampleFolder();
  ({ idKey } = writeKeys());
});
after(() => folder.remove());

test("show: from files of any encoding, or from the text itself", async () => {
  const { idBlock, idAuth } = await make("--svn", "5");
  writeFileSync("show.bin", Buffer.from(idBlock, "base64"));
  writeFileSync("show.b64", idBlock);
  for (const argument of [
    "show.bin",
    "show.b64",
    idBlock,
    Buffer.from(idBlock, "base64").toString("hex"),
  ]) {
    const out = await done("show", argument);
    assertTidy(out);
    assert.match(out, /^ {2}guest SVN {6}5$/m);
  }
  assert.match(await done("show", idAuth, "--hex"), /^000 {2}01 00 00 00 01 00 00 00/m);
  const json = JSON.parse(await done("show", idAuth, "--json")) as Record<string, unknown>;
  assert.equal(json["schema"], "greenlight/idblock-show/v1");
  assert.equal(json["kind"], "id-auth");
  assert.match(await refusal("show", "OVMF.fd"), /"OVMF\.fd" is OVMF firmware, needed is ID block/);
  assert.match(await refusal("show", "absent.b64"), /there is no such file/);
  assert.match(await refusal("show", "A".repeat(128)), /cannot tell what "the argument" is/);
});

/** Writes a fresh pair and returns the options that name it. */
async function freshPair(...more: readonly string[]): Promise<readonly string[]> {
  await make(...more, "-i", "v-block.b64", "-a", "v-auth.b64", "--force");
  return ["verify", "--id-block", "v-block.b64", "--id-auth", "v-auth.b64"];
}

test("verify: accepted, and what was not compared is said", async () => {
  const pair = await freshPair("--svn", "4");
  const out = await done(...pair);
  assertTidy(out);
  assert.match(
    out,
    /^ID block accepted: every check passed\nNot compared, not given: launch digest, family id,/,
  );
  const digestOf = async (key: string): Promise<string> => (await done("key-digest", key)).trim();
  const everything = await done(
    ...pair,
    ...words(`--launch-digest ${DIGEST} --policy 0x30000 --min-svn 4`),
    ...words(`--family-id ${"0".repeat(32)} --image-id ${"0".repeat(32)}`),
    ...words(`--id-key-digest ${await digestOf("id.pem")}`),
    ...words(`--author-key-digest ${await digestOf("author.pem")} --author-key-enabled on`),
  );
  assert.doesNotMatch(everything, /Not compared|skipped/);
});

test("verify: every expectation that does not hold is a reason to reject", async () => {
  const pair = await freshPair("--svn", "4");
  const other = (await done("key-digest", "author.pem")).trim();
  const rows: readonly (readonly [option: string, value: string, id: string])[] = [
    ["--launch-digest", "ab".repeat(48), "snp.id-block.launch-digest"],
    ["--policy", "0xb0000", "snp.id-block.policy"],
    ["--family-id", "01".repeat(16), "snp.id-block.family-id"],
    ["--image-id", "01".repeat(16), "snp.id-block.image-id"],
    ["--min-svn", "5", "snp.id-block.guest-svn-below-minimum"],
    ["--id-key-digest", other, "snp.id-auth.id-key-digest"],
    ["--author-key-digest", "00".repeat(48), "snp.id-auth.author-key-digest"],
  ];
  for (const [option, value, id] of rows) {
    const { code, out, err } = await idblock(...pair, option, value);
    assert.equal(code, 1, err);
    assertTidy(out);
    assert.match(out, /^ID block rejected: 1 check failed\n/);
    assert.ok(out.includes(`[${id}]`), out);
  }
  const json = await idblock(...pair, "--min-svn", "5", "--json");
  assert.equal(json.code, 1);
  const { schema, verdict, findings } = JSON.parse(json.out) as {
    schema: string;
    verdict: string;
    findings: readonly { id: string; outcome: string }[];
  };
  assert.equal(schema, "greenlight/idblock-verify/v1");
  assert.equal(verdict, "rejected");
  assert.equal(findings[0]!.id, "snp.id-block.guest-svn-below-minimum");
});

test("verify: any changed byte is found, broken layouts are findings and not errors", async () => {
  const { idBlock, idAuth } = await make();
  const flipped = (text: string, offset: number): string => {
    const bytes = Buffer.from(text, "base64");
    bytes[offset]! ^= 1;
    return bytes.toString("base64");
  };
  const verdict = async (block: string, auth: string): Promise<number> =>
    (await idblock("verify", "--id-block", block, "--id-auth", auth)).code;
  assert.equal(await verdict(idBlock, idAuth), 0);
  for (const offset of [0, 47, 0x30, 0x40, 0x50, 0x54, 0x58, 95]) {
    assert.equal(await verdict(flipped(idBlock, offset), idAuth), 1, `ID block ${offset}`);
  }
  for (const offset of [0, 4, 8, 0x40, 0x70, 0x240, 0x244, 0x650, 0x680, 0x880, 0xfff]) {
    assert.equal(await verdict(idBlock, flipped(idAuth, offset)), 1, `ID auth ${offset}`);
  }
});

test("verify: what cannot be read is an error with a name", async () => {
  const { idBlock, idAuth } = await make();
  assert.match(await refusal("verify"), /--id-block is missing/);
  assert.match(await refusal("verify", "--id-block", idBlock), /--id-auth is missing/);
  assert.match(
    await refusal("verify", "--id-block", idAuth, "--id-auth", idBlock),
    /--id-block: ID_BLOCK: has 4096 bytes, must have 96/,
  );
  const pair = ["verify", "--id-block", idBlock, "--id-auth", idAuth];
  assert.match(await refusal(...pair, "--id-key-digest", "00"), /--id-key-digest is not 48 bytes/);
  assert.match(await refusal(...pair, "--author-key-enabled", "maybe"), /choose one of: on, off/);
});

test("key-digest: private and public keys, in snpguest's form", async () => {
  writeFileSync("public.pem", createPublicKey(idKey).export({ type: "spki", format: "pem" }));
  writeFileSync("public.der", createPublicKey(idKey).export({ type: "spki", format: "der" }));
  const digest = await done("key-digest", "id.pem", "-d", "digest.txt");
  assert.match(digest, /^0x[0-9a-f]{96}\n$/);
  assert.equal(readFileSync("digest.txt", "utf8"), digest.slice(2).trim());
  for (const file of ["public.pem", "public.der"])
    assert.equal(await done("key-digest", file), digest);
  assert.match(await refusal("key-digest", "id.pem", "-d", "digest.txt"), /"digest\.txt" exists/);
  assert.match(
    await refusal("key-digest", "OVMF.fd"),
    /is OVMF firmware, needed is P-384 private key/,
  );
});

/** The parts of the recorded ID blocks that do not change from run to run. */
interface Recorded {
  readonly name: string;
  readonly id_key: string;
  readonly author_key: string;
  readonly launch_digest: string;
  readonly id_block_hex: string;
  readonly id_key_digest: string;
  readonly author_key_digest: string;
  readonly example_id_auth_b64: string;
}

const VECTORS = "measurement/id-block.json";
test(
  "the peers' ID blocks: same bytes, same digests, accepted",
  { skip: missingVectors(VECTORS) },
  async () => {
    for (const row of readVectorJson(VECTORS) as readonly Recorded[]) {
      writeFileSync("peer-id.pem", readVector(`measurement/${row.id_key}`));
      writeFileSync("peer-author.pem", readVector(`measurement/${row.author_key}`));
      const keys = ["--id-key", "peer-id.pem", "--author-key", "peer-author.pem"];
      const out = await done("make", ...keys, "--launch-digest", row.launch_digest, "--json");
      const made = JSON.parse(out) as Made;
      assert.equal(Buffer.from(made.idBlock, "base64").toString("hex"), row.id_block_hex, row.name);
      assert.equal(made.idKeyDigest, row.id_key_digest);
      assert.equal(made.authorKeyDigest, row.author_key_digest);
      await done(
        ...words(`verify --id-block ${row.id_block_hex} --id-auth ${row.example_id_auth_b64}`),
        ...words(`--launch-digest ${row.launch_digest} --id-key-digest ${row.id_key_digest}`),
        ...words(`--author-key-digest ${row.author_key_digest}`),
      );
    }
  },
);
