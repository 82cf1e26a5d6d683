// SPDX-License-Identifier: Apache-2.0
// Firmware descriptors as JSON: what is written comes back, and nothing unknown is let through.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { LayoutError, hexEncode } from "../../src/bytes/index.ts";
import {
  FIRMWARE_DESCRIPTOR_SCHEMA,
  firmwareDescriptorFromJson,
  firmwareDescriptorToJson,
  readFirmware,
} from "../../src/firmware/index.ts";
import type { FirmwareDescriptor } from "../../src/firmware/index.ts";
import { descriptorOf } from "../support/descriptor.ts";
import { buildFirmware } from "../support/firmware-builder.ts";

const u32 = fc.nat(0xffff_ffff);
const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(hexEncode);
const plain = { noNullPrototype: true } as const;
const area = fc.option(fc.record({ base: u32, size: u32 }, plain));
const section = fc.record({ gpa: u32, size: u32, type: u32 }, plain);

const descriptors: fc.Arbitrary<FirmwareDescriptor> = fc.record(
  {
    sha256: fc.option(hex(32)),
    size: u32,
    ovmfHash: hex(48),
    resetEip: fc.option(u32),
    sections: fc.option(fc.array(section, { maxLength: 12 })),
    hashTable: area,
    secret: area,
  },
  plain,
);

const roundTrip = (descriptor: FirmwareDescriptor): FirmwareDescriptor =>
  firmwareDescriptorFromJson(JSON.parse(JSON.stringify(firmwareDescriptorToJson(descriptor))));

const SOUND = firmwareDescriptorToJson(descriptorOf(readFirmware(buildFirmware())));

/** What sev-snp-measure-go's parse-metadata writes. */
const PARSED = {
  MetadataItems: [
    { GPA: "0x800000", SectionTypeInt: 1, Size: "0x9000" },
    { GPA: "0x80d000", SectionTypeInt: 2, Size: "0x1000" },
  ],
  ResetEIP: "0x80b004",
  OVMFHash: "ab".repeat(48),
};

function refused(json: unknown, code: string, message: RegExp): void {
  assert.throws(() => firmwareDescriptorFromJson(json), { name: "LayoutError", code, message });
}

test("any descriptor comes back from its JSON", () => {
  fc.assert(
    fc.property(descriptors, (descriptor) => {
      assert.deepEqual(roundTrip(descriptor), descriptor);
    }),
  );
});

test("the descriptor of an image has its layout, and says its schema", () => {
  const image = readFirmware(buildFirmware());
  const descriptor = roundTrip(descriptorOf(image));
  assert.deepEqual(descriptor.sections, image.sections);
  assert.deepEqual(descriptor.hashTable, image.hashTable);
  assert.deepEqual(descriptor.secret, image.secret);
  assert.equal(descriptor.resetEip, image.resetEip);
  assert.equal(descriptor.size, image.size);
  assert.equal((SOUND as { schema: string }).schema, FIRMWARE_DESCRIPTOR_SCHEMA);
});

test("numbers may be given as hexadecimal text, digests in upper case and with 0x", () => {
  const { ovmfHash } = SOUND as FirmwareDescriptor;
  const json = { ...SOUND, resetEip: "0x80B004", ovmfHash: `0x${ovmfHash.toUpperCase()}` };
  assert.deepEqual(firmwareDescriptorFromJson(json), firmwareDescriptorFromJson(SOUND));
});

test("what parse-metadata writes is read, with what it does not say left open", () => {
  const descriptor = firmwareDescriptorFromJson(PARSED);
  assert.deepEqual(descriptor.sections, [
    { gpa: 0x80_0000, size: 0x9000, type: 1 },
    { gpa: 0x80_d000, size: 0x1000, type: 2 },
  ]);
  assert.equal(descriptor.resetEip, 0x80_b004);
  assert.equal(descriptor.ovmfHash, "ab".repeat(48));
  const { sha256, hashTable, secret } = descriptor;
  assert.deepEqual({ sha256, hashTable, secret }, { sha256: null, hashTable: null, secret: null });
});

test("another schema is refused as a version, not as a wrong field", () => {
  refused({ ...SOUND, schema: "greenlight/firmware-descriptor/v2" }, "unsupported-version", /v2/);
  refused({}, "unsupported-version", /schema: is missing/);
});

test("a missing, unknown or wrong field is refused by its path", () => {
  const rows: readonly (readonly [change: object, message: RegExp])[] = [
    [{ colour: 1 }, /descriptor\.colour: is not a field/],
    [{ size: -1 }, /\.size: is -1, must be an integer/],
    [{ size: 1.5 }, /\.size: is 1\.5/],
    [{ size: 2 ** 32 }, /\.size: is 4294967296/],
    [{ size: "0x100000000" }, /\.size: is "0x100000000"/],
    [{ size: "" }, /\.size: is ""/],
    [{ resetEip: undefined }, /\.resetEip: is missing/],
    [{ sections: {} }, /\.sections: is .* must be an array/],
    [{ sections: [1] }, /\.sections\[0\]: is 1, must be an object/],
    [{ sections: [{ gpa: 0, size: 0 }] }, /\.sections\[0\]\.type: is missing/],
    [{ sections: [{ gpa: 0, size: 0, type: 1, x: 1 }] }, /\.sections\[0\]\.x: is not a field/],
    [{ sections: Array.from({ length: 1025 }, () => ({})) }, /has 1025 elements, at most 1024/],
    [{ hashTable: { base: 0 } }, /\.hashTable\.size: is missing/],
    [{ hashTable: undefined }, /\.hashTable: is missing/],
    [{ secret: [] }, /\.secret: is .* must be an object/],
    [{ ovmfHash: null }, /\.ovmfHash: is null, must be hexadecimal text/],
    [{ ovmfHash: "00" }, /\.ovmfHash: has 2 characters, must be 48 bytes/],
    [{ sha256: "00".repeat(48) }, /\.sha256: has 96 characters, must be 32 bytes/],
  ];
  for (const [change, message] of rows) refused({ ...SOUND, ...change }, "bad-text", message);
  refused({ ...SOUND, ovmfHash: "x".repeat(96) }, "bad-hex", /ovmfHash: has "x"/);
});

test("JSON that is no object is refused", () => {
  for (const json of [null, undefined, 1, "text", [], [SOUND], true]) {
    refused(json, "bad-text", /must be an object/);
  }
});

test("wrong fields of parse-metadata are refused by their path", () => {
  refused({ ...PARSED, MetadataItems: 1 }, "bad-text", /MetadataItems: is 1/);
  refused({ ...PARSED, MetadataItems: [{ GPA: "x" }] }, "bad-text", /MetadataItems\[0\]\.GPA/);
  refused({ ...PARSED, OVMFHash: "ab" }, "bad-text", /OVMFHash: has 2 characters/);
  refused({ ...PARSED, ResetEIP: null }, "bad-text", /ResetEIP: is null/);
});

test("any JSON is a descriptor or a LayoutError", () => {
  const json = fc.oneof(
    fc.jsonValue(),
    fc.record({ MetadataItems: fc.jsonValue(), OVMFHash: fc.jsonValue() }),
    fc.dictionary(fc.constantFrom(...Object.keys(SOUND)), fc.jsonValue()).map((change) => ({
      ...SOUND,
      ...change,
    })),
  );
  fc.assert(
    fc.property(json, (value) => {
      try {
        firmwareDescriptorFromJson(value);
      } catch (error) {
        assert.ok(error instanceof LayoutError, String(error));
      }
    }),
  );
});
