// SPDX-License-Identifier: Apache-2.0
// Targets of the command line: argument lists, numbers, and telling files apart.

import { KeyError } from "../../packages/core/src/crypto/key-error.ts";
import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import { parse } from "../../packages/cli/src/command/parse.ts";
import { UsageError } from "../../packages/cli/src/command/usage-error.ts";
import { command as measure } from "../../packages/cli/src/commands/measure/command.ts";
import { DETECTORS } from "../../packages/cli/src/input/artefact.ts";
import { parseBytes } from "../../packages/cli/src/input/digest.ts";
import { HEAD_SIZE, lookalike } from "../../packages/cli/src/input/lookalike.ts";
import { parseList, parseRanges, parseUnsigned } from "../../packages/cli/src/input/number.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, shifted, textOf } from "./support.ts";

const expected = declared(UsageError, LayoutError, KeyError);

const U64_MAX = (1n << 64n) - 1n;

export const targets: readonly Target[] = [
  {
    name: "arguments",
    text: true,
    seeds: () =>
      [
        ["--mode", "snp", "--ovmf", "OVMF.fd", "--vcpus", "4", "--vcpu-type", "EPYC-v4"].join("\0"),
        "--append=quiet\n\0--vcpu-t\0EPYC\0-v\0--explain\0--\0--kernel",
        "--accept\0a\0--accept=b\0--json",
      ].map(bytesOf),
    dictionary: ["--", "=", "\0--append\0", "\0-v\0", "--vcpu", "--ov"].map(bytesOf),
    maxLength: 1024,
    expected,
    run(data) {
      const { values } = parse(measure, textOf(data).split("\0"));
      check(typeof values["json"] === "boolean", "a flag is a boolean");
      check(Array.isArray(values["accept"]), "a list is a list");
    },
  },
  {
    name: "numbers",
    text: true,
    seeds: () => ["4", "1-64,96", "0x1F", "0b101", "1_000", "18446744073709551615"].map(bytesOf),
    dictionary: ["0x", "-", ",", "_", "99999999999999999999"].map(bytesOf),
    maxLength: 256,
    expected,
    run(data) {
      const text = textOf(data);
      for (const read of [
        () => parseUnsigned(text, "--n", U64_MAX),
        () => parseRanges(text, "--n", 1, 4096),
        () => parseList(text, "--n"),
        () => parseBytes(text, "--n", 32),
      ]) {
        try {
          read();
        } catch (error) {
          if (!expected(error)) throw error;
        }
      }
    },
  },
  {
    name: "recognise",
    seeds: () => [
      new Uint8Array(96),
      new Uint8Array(176),
      new Uint8Array(4096),
      bytesOf('{"schema":"greenlight/firmware-descriptor/v1"}'),
      bytesOf("-----BEGIN PRIVATE KEY-----\n"),
    ],
    maxLength: 8192,
    expected,
    run(data) {
      const bytes = shifted(data);
      lookalike(bytes.subarray(0, HEAD_SIZE), bytes.length);
      for (const detector of DETECTORS) {
        const refusal = detector.refuse(bytes);
        if (refusal !== undefined) {
          check(refusal !== "", "a refusal says why");
          continue;
        }
        try {
          // Keys are decoded by WebCrypto and have targets of their own.
          if (!detector.kind.endsWith("-key")) void detector.decode(bytes);
        } catch (error) {
          if (!expected(error)) throw error;
        }
      }
    },
  },
];
