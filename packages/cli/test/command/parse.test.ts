// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { defineCommand } from "../../src/command/command.ts";
import { parse } from "../../src/command/parse.ts";
import { UsageError } from "../../src/command/usage-error.ts";

const command = defineCommand({
  name: "sample",
  brief: "a sample",
  description: [],
  positionals: { usage: "FILE", brief: "a file", min: 0, max: 2 },
  options: {
    append: { kind: "value", brief: "any text" },
    "append-hash": { kind: "value", brief: "a hash" },
    accept: { kind: "list", brief: "ids" },
    format: { kind: "value", choices: ["hex", "base64"], brief: "a choice" },
    verbose: { kind: "flag", short: "v", brief: "more" },
    output: { kind: "value", short: "o", brief: "a file" },
  },
  abbreviations: ["append", "format", "verbose"],
  examples: [{ line: "sample", brief: "runs it" }],
  run: async () => 0,
});

const codeOf = (argv: readonly string[]): string => {
  try {
    parse(command, argv);
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.code;
  }
  return "none";
};

test("values come through byte for byte, whatever they look like", () => {
  for (const value of [
    "",
    " quiet ",
    "quiet\n",
    "-x",
    "-v",
    "--foo bar",
    "a=b",
    "\u00e9",
    "=",
    "--",
  ]) {
    assert.equal(parse(command, [`--append=${value}`]).values["append"], value);
    assert.equal(parse(command, ["--append", value]).values["append"], value);
  }
});

test("any value that is not one of our options is taken as it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (value) => {
      fc.pre(!/^--(append|append-hash|accept|format|verbose|output|help)(=|$)/.test(value));
      assert.equal(parse(command, ["--append", value]).values["append"], value);
    }),
  );
});

test("the last value counts, lists keep all, flags are false until given", () => {
  const { values } = parse(command, [
    "--append",
    "a",
    "--append",
    "b",
    "--accept=x",
    "--accept",
    "y",
  ]);
  assert.equal(values["append"], "b");
  assert.deepEqual(values["accept"], ["x", "y"]);
  assert.equal(values["verbose"], false);
  assert.equal(parse(command, ["-v"]).values["verbose"], true);
});

test("listed options may be abbreviated, an exact name always wins", () => {
  assert.equal(parse(command, ["--app", "x"]).values["append"], "x");
  assert.equal(parse(command, ["--append-hash", "x"]).values["append-hash"], "x");
  assert.equal(codeOf(["--append-h", "x"]), "unknown-option");
});

test("short options may stand together, and a value may be attached to the last", () => {
  const both = parse(command, ["-vh"]);
  assert.deepEqual([both.values["verbose"], both.help], [true, true]);
  for (const argv of [["-o", "-x"], ["-o-x"], ["-vo", "-x"], ["-vo-x"]]) {
    assert.equal(parse(command, argv).values["output"], "-x", argv.join(" "));
  }
  assert.equal(codeOf(["-o"]), "missing-argument");
  assert.equal(codeOf(["-o", "--verbose"]), "missing-argument");
  assert.equal(codeOf(["-vx"]), "unknown-option");
});

test("positionals and the end of options", () => {
  assert.deepEqual(parse(command, ["-", "--"]).positionals, ["-"]);
  assert.deepEqual(parse(command, ["a", "-v", "b"]).positionals, ["a", "b"]);
  assert.deepEqual(parse(command, ["--", "--append"]).positionals, ["--append"]);
  assert.equal(codeOf(["a", "b", "c"]), "too-many-arguments");
});

test("wrong usage is named", () => {
  assert.equal(codeOf(["--nothing"]), "unknown-option");
  assert.equal(codeOf(["--append"]), "missing-argument");
  assert.equal(codeOf(["--append", "--format", "hex"]), "missing-argument");
  assert.equal(codeOf(["--format", "hexx"]), "bad-value");
  assert.equal(codeOf(["--verbose=1"]), "bad-value");
  assert.equal(codeOf(["-x"]), "unknown-option");
  assert.equal(codeOf(["-5"]), "unknown-option");
  assert.equal(codeOf(["--="]), "unknown-option");
  assert.equal(codeOf(["--toString"]), "unknown-option");
});
