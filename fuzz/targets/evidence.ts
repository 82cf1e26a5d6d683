// SPDX-License-Identifier: Apache-2.0
// Targets of what a platform says: observed digests as text and files,
// and the command line variants that are tried for them.

import { LayoutError, base64Encode, hexEncode } from "../../packages/core/src/bytes/index.ts";
import {
  COMMAND_LINE_VARIANTS,
  readDigestText,
  readObservedFile,
} from "../../packages/core/src/diagnose/index.ts";
import { REPORT_SIZE } from "../../packages/core/src/evidence/index.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, shifted, textOf } from "./support.ts";

const DIGEST = Uint8Array.from({ length: 48 }, (_, i) => 0x80 + i);
const report = (version: number): Uint8Array => {
  const bytes = new Uint8Array(REPORT_SIZE);
  bytes[0] = version;
  bytes.set(DIGEST, 0x90);
  bytes.set([25, 17, 1], 0x188);
  return bytes;
};
const hex = hexEncode(DIGEST);
const base64 = base64Encode(DIGEST);

const expected = declared(LayoutError);

export const targets: readonly Target[] = [
  {
    name: "observed-file",
    seeds: () => [
      report(3),
      DIGEST,
      bytesOf(hex),
      bytesOf(base64),
      bytesOf(base64Encode(report(5))),
    ],
    maxLength: 4096,
    expected,
    run(data) {
      readObservedFile(shifted(data));
    },
  },
  {
    name: "observed-text",
    text: true,
    seeds: () =>
      [hex, `0x${hex.toUpperCase()}`, base64, base64Encode(bytesOf(hex)), hex.slice(0, 64)].map(
        bytesOf,
      ),
    maxLength: 4096,
    expected,
    run(data) {
      const observed = readDigestText(textOf(data));
      if (observed === undefined) return;
      check([32, 48].includes(observed.digest.length), "a digest has 32 or 48 bytes");
    },
  },
  {
    name: "command-line-variants",
    text: true,
    seeds: () =>
      [
        "console=ttyS0 console=tty0 root=/dev/vda1 initrd=initrd.img",
        " \"quiet\"  <a> & 'b'\r\n",
        "console=a console=b console=c console=d",
      ].map(bytesOf),
    dictionary: ["console=", "initrd=", "BOOT_IMAGE=", "&amp;", "\\", '"', "\r\n"].map(bytesOf),
    maxLength: 2048,
    expected,
    run(data) {
      const line = Buffer.from(data).toString("latin1");
      for (const variant of COMMAND_LINE_VARIANTS) {
        const lines = variant.apply(line, { initrdNames: ["initrd.img"] });
        check(lines.length < 100, "a variant gives a bounded number of lines");
      }
    },
  },
];
