// SPDX-License-Identifier: Apache-2.0
// Targets of core/firmware/volume: images from anywhere, unpacked within bounds.

import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import { readFirmware } from "../../packages/core/src/firmware/index.ts";
import { auditKernelBlobs, readVolumes } from "../../packages/core/src/firmware/volume/index.ts";
import { decompressLzma } from "../../packages/core/src/firmware/volume/lzma.ts";
import { packLzma } from "../../packages/core/test/support/lzma-writer.ts";
import {
  file,
  nameSection,
  packed,
  section,
  volume,
} from "../../packages/core/test/support/volume-builder.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared } from "./support.ts";

const expected = declared(LayoutError);

/** Unpacking more takes long and finds nothing that less does not. */
const LIMIT = 1 << 16;

const driver = file(0x07, [section(0x10, bytesOf("program etc/boot/")), nameSection("ADxe")]);
const core = file(0x05, [section(0x10, bytesOf("program"))]);
const inner = volume([core, driver], { length: 0x1000 });
const IMAGE = volume([file(0x0b, [packed(section(0x17, inner))])], { length: 0x1000 });

export const targets: readonly Target[] = [
  {
    name: "lzma",
    seeds: () => [packLzma(bytesOf("some text to be packed, ".repeat(4)))],
    maxLength: 512,
    expected,
    run(data) {
      check(decompressLzma(data, LIMIT).length <= LIMIT, "the bound holds");
    },
  },
  {
    name: "firmware-volumes",
    seeds: () => [IMAGE, inner],
    dictionary: [bytesOf("_FVH"), Uint8Array.of(0xff, 0xff, 0xff)],
    maxLength: 0x2000,
    expected,
    run(data) {
      for (const { bytes, files } of readVolumes(data)) {
        check(files.length <= bytes.length / 24, "a file takes its header at least");
      }
    },
  },
  {
    name: "firmware-audit",
    seeds: () => [IMAGE, inner],
    maxLength: 0x2000,
    expected,
    run(data) {
      const findings = auditKernelBlobs(readFirmware(data));
      check(findings.length === 5, "every finding is always there");
      const isRead = findings[0]?.outcome === "pass";
      const isKnown = findings.every(({ outcome }) => outcome !== "unknown");
      check(isRead === isKnown, "nothing is known of what cannot be read");
    },
  },
];
