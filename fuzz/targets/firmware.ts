// SPDX-License-Identifier: Apache-2.0
// Targets of core/firmware: images and descriptors.

import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import {
  checkFirmware,
  firmwareDescriptorFromJson,
  firmwareDescriptorToJson,
  readFirmware,
} from "../../packages/core/src/firmware/index.ts";
import type { Target } from "../engine/target.ts";
import { IMAGE_LENGTH, IMAGE_WORDS, imageSeeds } from "./images.ts";
import { bytesOf, check, declared, shifted, textOf } from "./support.ts";

const expected = declared(LayoutError);

const DESCRIPTOR = {
  schema: "greenlight/firmware-descriptor/v1",
  sha256: "00".repeat(32),
  size: 4096,
  ovmfHash: "ab".repeat(48),
  resetEip: 0x80_b004,
  sections: [{ gpa: 0x80_0000, size: 0x1000, type: 2 }],
  hashTable: { base: 0x80_0c00, size: 1024 },
  secret: null,
};
const PARSED_METADATA = {
  MetadataItems: [{ GPA: "0x800000", Size: "0x9000", SectionTypeInt: 1 }],
  ResetEIP: "0x80b004",
  OVMFHash: "cd".repeat(48),
};

export const targets: readonly Target[] = [
  {
    name: "firmware-image",
    seeds: imageSeeds,
    dictionary: IMAGE_WORDS,
    maxLength: IMAGE_LENGTH,
    expected,
    run(data) {
      const image = readFirmware(shifted(data));
      for (const { offset, data: value } of image.footer?.entries ?? []) {
        check(offset >= 0 && offset + value.length <= data.length, "an entry lies in the image");
      }
      for (const finding of checkFirmware(image)) {
        check(/^firmware(\.[a-z-]+)+$/.test(finding.id), `finding has a proper id: ${finding.id}`);
        check(finding.title !== "", `finding ${finding.id} has a title`);
      }
    },
  },
  {
    name: "firmware-descriptor",
    text: true,
    seeds: () => [DESCRIPTOR, PARSED_METADATA].map((value) => bytesOf(JSON.stringify(value))),
    maxLength: 1 << 15,
    expected: (error) => error instanceof SyntaxError || expected(error), // of JSON.parse()
    run(data) {
      const descriptor = firmwareDescriptorFromJson(JSON.parse(textOf(data)));
      const json = JSON.stringify(firmwareDescriptorToJson(descriptor));
      const again = firmwareDescriptorFromJson(JSON.parse(json));
      check(JSON.stringify(again) === JSON.stringify(descriptor), "a descriptor reads back");
    },
  },
];
