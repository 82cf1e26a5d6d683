// SPDX-License-Identifier: Apache-2.0
// `greenlight launch` with plans that are wrong, plans that leave doors open, and records.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { run } from "../../../src/main.ts";
import { OutputClosed } from "../../../src/output/io.ts";
import { greenlight } from "../../support/capture.ts";
import { enterExampleFolder } from "../../support/folder.ts";
import type { ExampleFolder } from "../../support/folder.ts";
import { PLAN, refusedRecord } from "../../support/launch-plan.ts";

let folder: ExampleFolder;
before(async () => {
  folder = await enterExampleFolder();
});
after(() => folder.remove());

describe("launch check", () => {
  test("says that a launch may begin, and which digests are accepted", async () => {
    const { code, out } = await greenlight("launch", "check", "plan.yaml");
    assert.equal(code, 0, out);
    assert.match(out, /may begin/);
    assert.match(out, /^ {2}[0-9a-f]{64}$/m);
    assert.match(out, /\(accepted by the plan\)/);
  });

  test("names firmware by which the host can run unmeasured code", async () => {
    writeFileSync("open.yaml", PLAN.replace(/^accept:.*\n/m, ""));
    const { code, out, err } = await greenlight("launch", "check", "open.yaml", "--json");
    assert.equal(code, 1);
    assert.equal(err, "");
    const told = JSON.parse(out) as {
      readonly schema: string;
      readonly outcome: string;
      readonly findings: readonly { readonly id: string; readonly outcome: string }[];
    };
    assert.equal(told.schema, "greenlight/launch-check/v1");
    assert.equal(told.outcome, "rejected");
    const failed = told.findings.filter(({ outcome }) => outcome === "fail");
    assert.deepEqual(
      failed.map(({ id }) => id),
      ["firmware.host-shim.started"],
    );
  });

  test("tells every mistake by line and column", async () => {
    const wrong = PLAN.replace("vcpus: 2", "vcpu: 2").replace("qemu: {}", "qemu: { cbitpos: 5 }");
    writeFileSync("wrong.yaml", wrong);
    const { code, out } = await greenlight("launch", "check", "wrong.yaml");
    assert.equal(code, 2);
    assert.match(out, /^wrong\.yaml:9:3: guest\.vcpu is not known$/m);
    assert.match(out, /^wrong\.yaml:16:20: host\.qemu\.cbitpos is 5/m);
    assert.match(out, /^ {2}hint: did you mean vcpus/m);
  });

  test("tells files that are not there", async () => {
    writeFileSync("gone.yaml", PLAN.replace("kernel: vmlinuz", "kernel: nowhere"));
    const { code, err } = await greenlight("launch", "check", "gone.yaml");
    assert.equal(code, 2);
    assert.match(err, /nowhere": there is no such file/);
  });

  test("warns of secrets that others can read, without showing them", async () => {
    writeFileSync("open-secret", "not for others", { mode: 0o644 });
    writeFileSync("shared.yaml", PLAN.replace("file: passphrase", "file: open-secret"));
    const { code, out, err } = await greenlight("launch", "check", "shared.yaml", "-v");
    assert.equal(code, 0);
    assert.match(out, /launch\.secret\.readable-by-others/);
    assert.equal((out + err).includes("not for others"), false);
  });
});

describe("launch", () => {
  test("refuses a plan that cannot be used before anything is begun", async () => {
    const { code, err } = await greenlight("launch", "wrong.yaml");
    assert.equal(code, 2);
    assert.match(err, /and 1 more: greenlight launch check/);
    assert.equal(existsSync("web.launch"), false);
  });

  test("refuses an open door before the host is asked, and records why", async () => {
    const { code, out, err } = await greenlight("launch", "open.yaml", "--session", "open.launch");
    if (code === 3) {
      // Without QEMU there is no host to refuse for.
      assert.match(err, /qemu/i);
      return;
    }
    // The platform is asked too, so that all reasons are told at once; here it cannot be.
    assert.equal(code, 1, out + err);
    assert.match(out, /^Refused: .*\n?.*firmware\.host-shim\.started/);
    assert.match(readFileSync("open.launch/record.jsonl", "utf8"), /"step":"refusing"/);
  });
});

test("a launch is not told otherwise because nobody reads about it any more", async () => {
  const closed = (): never => {
    throw new OutputClosed();
  };
  const io = { out: closed, err: closed, colour: false, liveProgress: false };
  const code = await run(["launch", "open.yaml", "--session", "unheard.launch", "--json"], io);
  // Without QEMU there is no host to refuse for.
  assert.ok(code === 1 || code === 3, String(code));
  if (code === 3) return;
  assert.match(readFileSync("unheard.launch/record.jsonl", "utf8"), /"step":"refusing"/);
  assert.match(readFileSync("unheard.launch/record.jsonl", "utf8"), /"step":"ended"/);
});

describe("launch record", () => {
  test("shows the steps of a whole record", async () => {
    const { code, out } = await greenlight("launch", "record", "record.jsonl");
    assert.equal(code, 0);
    assert.match(out, /The record is whole/);
    assert.equal(out.match(/^ {2}2026-/gm)?.length, 4);
  });

  test("shows that one was changed", async () => {
    writeFileSync("changed.jsonl", refusedRecord().replace('"prepared"', '"offered"'));
    const { code, out } = await greenlight("launch", "record", "changed.jsonl", "--json");
    assert.equal(code, 1);
    assert.match(out, /launch\.record\.chain/);
  });

  test("says when it has no end", async () => {
    const lines = readFileSync("record.jsonl", "utf8").split("\n");
    writeFileSync("cut.jsonl", `${lines.slice(0, 2).join("\n")}\n`);
    const { code, out } = await greenlight("launch", "record", "cut.jsonl");
    assert.equal(code, 3);
    assert.match(out, /launch\.record\.unended/);
  });
});

test("launch schema prints a JSON Schema", async () => {
  const { code, out } = await greenlight("launch", "schema");
  assert.equal(code, 0);
  const schema = JSON.parse(out) as { readonly properties: object };
  assert.ok("guest" in schema.properties && "host" in schema.properties);
});
