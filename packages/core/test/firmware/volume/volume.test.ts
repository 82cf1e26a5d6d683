// SPDX-License-Identifier: Apache-2.0
// Firmware volumes: Debian's images against another tool's hashes, and volumes made here.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { fixtureFirmware, fixtureRows } from "../../../../../fixtures/load.ts";
import { LayoutError, hexEncode } from "../../../src/bytes/index.ts";
import { sha256 } from "../../../src/crypto/node.ts";
import { FILE_TYPES, SECTION_TYPES, readVolumes } from "../../../src/firmware/volume/index.ts";
import { missingVectors, readVector, readVectorJson } from "../../support/vectors.ts";
import {
  file,
  guidSection,
  nameSection,
  packed,
  section,
  volume,
} from "../../support/volume-builder.ts";

const FOLDER = "firmware/fv/";

/** Images among the vectors; their counts of files, of named ones, and what virt-fw-dump hashed. */
const IMAGES = [
  ["2022.11-OVMF_CODE_4M", 145, 124],
  ["2025.02-OVMF_CODE_4M.secboot", 166, 143],
  ["2026.08-OVMF_CODE_4M", 159, 141],
  ["2026.08-OVMF_CODE_4M.secboot", 173, 152],
] as const;

function hashesOf(name: string): ReadonlySet<string> {
  const [{ volumes }] = readVectorJson(`${FOLDER}${name}.volume-hashes.json`) as [
    { readonly volumes: readonly { readonly sha256: string }[] },
  ];
  return new Set(volumes.map((row) => row.sha256));
}

function countsOf(image: Uint8Array): readonly [number, number] {
  const files = readVolumes(image).flatMap((each) => each.files);
  return [files.length, files.filter(({ name }) => name !== undefined).length];
}

for (const [name, files, named] of IMAGES) {
  const path = `${FOLDER}${name}.fd`;
  test(`${name}: files and hashes of volumes`, { skip: missingVectors(path) }, () => {
    const image = readVector(path);
    assert.deepEqual(countsOf(image), [files, named]);
    const hashes = new Set(readVolumes(image).map(({ bytes }) => hexEncode(sha256(bytes))));
    assert.deepEqual(hashes, hashesOf(name));
  });
}

test("the carried images: counts of files, and volumes by name", () => {
  const counts = fixtureRows.map(({ name }) => [name, ...countsOf(fixtureFirmware(name))]);
  assert.deepEqual(counts, [
    ["OVMF.amdsev-2026.08.fd", 122, 102],
    ["OVMF.inteltdx.ms-2026.08.fd", 95, 87],
    ["OVMF-2022.11.fd", 146, 127],
    ["OVMF_CODE_4M.secboot-2022.11.fd", 160, 136],
  ]);
  const names = readVolumes(fixtureFirmware("OVMF.amdsev-2026.08.fd")).map(({ name }) => name);
  assert.deepEqual(names, [
    undefined,
    "48db5e17-707c-472d-91cd-1613e7ef51b0",
    "6938079b-b503-4e3d-9d24-b28337a25806",
    "7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1",
    "763bed0d-de9f-48f5-81f1-3e90e1b1a015",
  ]);
});

test(
  "the AmdSev image's volumes have virt-fw-dump's hashes",
  { skip: missingVectors(`${FOLDER}2026.08-OVMF.amdsev.volume-hashes.json`) },
  () => {
    const volumes = readVolumes(fixtureFirmware("OVMF.amdsev-2026.08.fd"));
    const hashes = new Set(volumes.map(({ bytes }) => hexEncode(sha256(bytes))));
    assert.deepEqual(hashes, hashesOf("2026.08-OVMF.amdsev"));
  },
);

const program = section(SECTION_TYPES.PE32, Uint8Array.of(1, 2, 3, 4, 5));
const driver = (name: string): Uint8Array =>
  file(FILE_TYPES["DXE driver"], [program, nameSection(name)]);

describe("volumes made here", () => {
  test("files, their names and sections", () => {
    const image = volume([
      file(FILE_TYPES.padding, [new Uint8Array(13)]),
      driver("OneDxe"),
      file(FILE_TYPES.raw, [Uint8Array.of(9, 9)], { hasChecksum: true }),
    ]);
    const [only, ...more] = readVolumes(image);
    assert.equal(more.length, 0);
    const [padding, one, raw] = only!.files;
    assert.deepEqual(padding?.sections, []);
    assert.equal(one?.name, "OneDxe");
    assert.deepEqual(
      one?.sections.map(({ type, data }) => [type, data.length]),
      [
        [SECTION_TYPES.PE32, 5],
        [SECTION_TYPES["user interface"], 14],
      ],
    );
    assert.deepEqual(raw?.sections, [{ type: SECTION_TYPES.raw, data: Uint8Array.of(9, 9) }]);
  });

  test("volumes in packed sections, and several in one image with gaps between", () => {
    const inner = volume([driver("InnerDxe")], { length: 0x1000 });
    const outer = volume([
      file(FILE_TYPES["firmware volume"], [
        packed(section(0x19, new Uint8Array(2)), section(0x17, inner)),
      ]),
    ]);
    const gap = new Uint8Array(0x1000);
    const image = new Uint8Array([...gap, ...outer, ...gap, ...volume([driver("LastDxe")])]);
    const volumes = readVolumes(image);
    assert.equal(volumes.length, 3);
    const names = volumes.flatMap(({ files }) => files.map(({ name }) => name));
    assert.deepEqual(names, [undefined, "InnerDxe", "LastDxe"]);
    assert.deepEqual(volumes[1]?.bytes, inner);
  });

  test("an image without volumes has none", () => {
    assert.deepEqual(readVolumes(new Uint8Array(0)), []);
    assert.deepEqual(readVolumes(new Uint8Array(0x5000).fill(0xff)), []);
  });

  test("a section that need not be decoded is read whatever its GUID is", () => {
    const unknown = "11111111-2222-3333-4444-555555555555";
    const encapsulated = guidSection(unknown, program, { attributes: 0 });
    const [only] = readVolumes(volume([file(FILE_TYPES["DXE driver"], [encapsulated])]));
    assert.deepEqual(only?.files[0]?.sections[0]?.data, Uint8Array.of(1, 2, 3, 4, 5));
  });

  test("names that a terminal would act on are no names", () => {
    const [only] = readVolumes(volume([driver("\u001b[31mDxe")]));
    assert.equal(only?.files[0]?.name, undefined);
  });
});

test("what is broken or not read is refused by name", () => {
  const sound = volume([driver("OneDxe")]);
  const changed = (offset: number, ...bytes: readonly number[]): Uint8Array => {
    const copy = Uint8Array.from(sound);
    copy.set(bytes, offset);
    return copy;
  };
  const inFile = (...sections: readonly Uint8Array[]): Uint8Array =>
    volume([file(FILE_TYPES["DXE driver"], sections)]);
  const unknown = "11111111-2222-3333-4444-555555555555";
  const bomb = guidSection(
    "ee4e5898-3914-4259-9d6e-dc7bd79403cf",
    Uint8Array.of(0x5d, 0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0),
  );
  let nested = volume([driver("DeepDxe")], { length: 0x1000 });
  for (let depth = 2; depth < 14; depth++) {
    const holder = file(FILE_TYPES["firmware volume"], [section(0x17, nested)]);
    nested = volume([holder], { length: depth * 0x1000 });
  }
  const rows: readonly (readonly [RegExp, Uint8Array])[] = [
    [/checksum/, changed(50, 0, 0)],
    [/length/, changed(32, 0xff, 0xff, 0xff)],
    [/length/, sound.subarray(0, 0x1fff)],
    [/fileSystem/, volume([], { fileSystem: unknown })],
    [/headerChecksum/, changed(72 + 18, 0x09)],
    [/fileChecksum/, changed(72 + 17, 0)],
    [/size.*is 0,/, inFile(Uint8Array.of(0, 0, 0, 0x10))],
    [/size.*is 65535,/, inFile(Uint8Array.of(0xff, 0xff, 0, 0x10))],
    [/EFI_COMMON_SECTION_HEADER/, inFile(Uint8Array.of(4, 0))],
    [/compressed in a way/, inFile(section(0x01, new Uint8Array(9)))],
    [/encoding that is not read/, inFile(guidSection(unknown, program))],
    [/dataOffset/, inFile(guidSection(unknown, program, { dataOffset: 10 }))],
    [/dataOffset/, inFile(guidSection(unknown, program, { dataOffset: 0xffff }))],
    [/at most \d+ are taken/, inFile(bomb)],
    [/volumes within volumes/, nested],
    [/more than 64 packed parts/, inFile(...Array.from({ length: 65 }, () => packed()))],
  ];
  for (const [message, image] of rows) {
    assert.throws(() => readVolumes(image), { name: "LayoutError", message }, String(message));
  }
});

test("any byte changed is read or refused, never anything else", () => {
  const image = volume([
    file(FILE_TYPES["firmware volume"], [
      packed(section(0x17, volume([driver("InnerDxe")], { length: 0x1000 }))),
    ]),
  ]);
  fc.assert(
    fc.property(fc.nat(0x600), fc.nat(255), (offset, byte) => {
      const copy = Uint8Array.from(image);
      copy[offset] = byte;
      try {
        readVolumes(copy);
      } catch (error) {
        assert.ok(error instanceof LayoutError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});
