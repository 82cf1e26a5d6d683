// SPDX-License-Identifier: Apache-2.0
// The firmware descriptor: the few hundred bytes about a firmware that stand in for the file when an
// SEV-SNP digest is computed. Also reads the JSON that sev-snp-measure-go's parse-metadata writes.

import { LayoutError, hexDecode } from "../bytes/index.ts";
import type { Area, FirmwareLayout } from "./image.ts";
import type { SevMetadataSection } from "./layout.ts";
import { MAX_SECTIONS } from "./metadata.ts";

/** Value of `schema`. */
export const FIRMWARE_DESCRIPTOR_SCHEMA = "greenlight/firmware-descriptor/v1";

/** What stands in for a firmware file. */
export interface FirmwareDescriptor extends FirmwareLayout {
  /** SHA-256 of the file, 64 hexadecimal digits; null when unknown (parse-metadata does not say). */
  readonly sha256: string | null;
  /** Launch digest after the firmware's pages, 96 hexadecimal digits ("OVMF hash"). */
  readonly ovmfHash: string;
}

/** The descriptor as a JSON value with a schema. */
export function firmwareDescriptorToJson(descriptor: FirmwareDescriptor): object {
  const { sha256, size, ovmfHash, sections, resetEip, hashTable, secret } = descriptor;
  return {
    schema: FIRMWARE_DESCRIPTOR_SCHEMA,
    sha256,
    size,
    ovmfHash,
    resetEip,
    sections,
    hashTable,
    secret,
  };
}

/**
 * Reads a descriptor from parsed JSON: ours, or parse-metadata's of sev-snp-measure-go.
 * @throws {LayoutError} `unsupported-version` for another schema, `bad-text` for a wrong field.
 */
export function firmwareDescriptorFromJson(json: unknown): FirmwareDescriptor {
  const record = asRecord(json, "");
  if ("MetadataItems" in record) return fromParseMetadata(record);
  if (record["schema"] !== FIRMWARE_DESCRIPTOR_SCHEMA) {
    throw new LayoutError({
      code: "unsupported-version",
      structure: STRUCTURE,
      field: "schema",
      reason: `is ${show(record["schema"])}, must be ${show(FIRMWARE_DESCRIPTOR_SCHEMA)}`,
    });
  }
  const known = [
    "schema",
    "sha256",
    "size",
    "ovmfHash",
    "resetEip",
    "sections",
    "hashTable",
    "secret",
  ];
  refuseOthers(record, known, "");
  const sections = record["sections"];
  return {
    sha256: record["sha256"] === null ? null : hexText(record["sha256"], 32, "sha256"),
    size: u32Of(record["size"], "size"),
    ovmfHash: hexText(record["ovmfHash"], 48, "ovmfHash"),
    resetEip: record["resetEip"] === null ? null : u32Of(record["resetEip"], "resetEip"),
    sections:
      sections === null
        ? null
        : asArray(sections, "sections").map((section, i) => readSection(section, `sections[${i}]`)),
    hashTable: readArea(record["hashTable"], "hashTable"),
    secret: readArea(record["secret"], "secret"),
  };
}

const STRUCTURE = "firmware descriptor";

type JsonRecord = Readonly<Record<string, unknown>>;

function readSection(json: unknown, path: string): SevMetadataSection {
  const record = asRecord(json, path);
  refuseOthers(record, ["gpa", "size", "type"], path);
  return {
    gpa: u32Of(record["gpa"], `${path}.gpa`),
    size: u32Of(record["size"], `${path}.size`),
    type: u32Of(record["type"], `${path}.type`),
  };
}

function readArea(json: unknown, path: string): Area | null {
  if (json === null) return null;
  const record = asRecord(json, path);
  refuseOthers(record, ["base", "size"], path);
  return {
    base: u32Of(record["base"], `${path}.base`),
    size: u32Of(record["size"], `${path}.size`),
  };
}

// {MetadataItems:[{GPA:"0x..",Size:"0x..",SectionTypeInt:n}],ResetEIP:"0x..",OVMFHash:"hex"}; it
// knows neither the file's size nor the areas, so kernel hashes cannot be measured with it.
function fromParseMetadata(record: JsonRecord): FirmwareDescriptor {
  const sections = asArray(record["MetadataItems"], "MetadataItems").map((json, i) => {
    const path = `MetadataItems[${i}]`;
    const item = asRecord(json, path);
    return {
      gpa: u32Of(item["GPA"], `${path}.GPA`),
      size: u32Of(item["Size"], `${path}.Size`),
      type: u32Of(item["SectionTypeInt"], `${path}.SectionTypeInt`),
    };
  });
  return {
    sha256: null,
    // Not in the file. One page is the least a firmware has and keeps every section below it.
    size: 4096,
    ovmfHash: hexText(record["OVMFHash"], 48, "OVMFHash"),
    resetEip: u32Of(record["ResetEIP"], "ResetEIP"),
    sections,
    hashTable: null,
    secret: null,
  };
}

function asRecord(json: unknown, path: string): JsonRecord {
  if (isRecord(json)) return json;
  throw wrong(path, `is ${show(json)}, must be an object`);
}

function isRecord(json: unknown): json is JsonRecord {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

function asArray(json: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(json)) throw wrong(path, `is ${show(json)}, must be an array`);
  if (json.length > MAX_SECTIONS) {
    throw wrong(path, `has ${json.length} elements, at most ${MAX_SECTIONS} are allowed`);
  }
  return json;
}

function refuseOthers(record: JsonRecord, known: readonly string[], path: string): void {
  const other = Object.keys(record).find((key) => !known.includes(key));
  if (other !== undefined) {
    throw wrong(path === "" ? other : `${path}.${other}`, "is not a field of this schema");
  }
}

function u32Of(json: unknown, path: string): number {
  const isText = typeof json === "string" && /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(json);
  const value = isText ? Number(json) : json;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32) {
    return value;
  }
  throw wrong(path, `is ${show(json)}, must be an integer from 0 to 0xffffffff`);
}

function hexText(json: unknown, bytes: number, path: string): string {
  if (typeof json !== "string") throw wrong(path, `is ${show(json)}, must be hexadecimal text`);
  if (hexDecode(json, `${STRUCTURE}.${path}`).length !== bytes) {
    throw wrong(path, `has ${json.length} characters, must be ${bytes} bytes in hexadecimal`);
  }
  return json.replace(/^0x/i, "").toLowerCase();
}

// Only scalars are shown: a hostile document may be nested deeper than JSON.stringify can go.
function show(json: unknown): string {
  if (json === undefined) return "missing";
  if (Array.isArray(json)) return "an array";
  if (typeof json === "object" && json !== null) return "an object";
  return JSON.stringify(json).slice(0, 60);
}

function wrong(path: string, reason: string): LayoutError {
  const place = path === "" ? {} : { field: path };
  return new LayoutError({ code: "bad-text", structure: STRUCTURE, ...place, reason });
}
