// SPDX-License-Identifier: Apache-2.0
// What hypervisors say of their platform: the answer of QEMU's query-sev-capabilities, and what virsh
// nodesevinfo prints. Both hold the certificates in base64 and the id of the first chip.

import { LayoutError, base64Decode } from "@greenlight/core/bytes";

/** A host's statement, taken apart. Nothing in it is proved. */
interface HostStatement {
  /** Certificates, named after where they stood. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** Of the first chip: 64 bytes. */
  readonly chipId?: Uint8Array;
}

/** Fields with certificates; the last is the id of the chip. */
const FIELDS = ["pdh", "cert-chain"] as const;
const CHIP = "cpu0-id";

/** Bytes of a chip's id, as GET_ID gives it for each socket. */
export const CHIP_ID_SIZE = 64;

/**
 * Reads a statement.
 * @param name Of the file, for the names of its parts.
 * @returns undefined for bytes that are none.
 * @throws {LayoutError} for a statement whose values are no base64, and for a chip id of another length.
 */
export function readHostStatement(name: string, bytes: Uint8Array): HostStatement | undefined {
  const text = Buffer.from(bytes).toString("latin1").trim();
  const fields = text.startsWith("{") ? fieldsOfJson(text) : fieldsOfText(text);
  if (fields === undefined || !FIELDS.some((field) => fields.has(field))) return undefined;
  const files = FIELDS.flatMap((field) => {
    const value = fields.get(field);
    if (value === undefined) return [];
    return [{ name: `${name}: ${field}`, bytes: base64Decode(value, `${field} of ${name}`) }];
  });
  const id = fields.get(CHIP);
  if (id === undefined) return { files };
  const chipId = base64Decode(id, `${CHIP} of ${name}`);
  if (chipId.length === CHIP_ID_SIZE) return { files, chipId };
  throw new LayoutError({
    code: "bad-length",
    structure: `${CHIP} of ${name}`,
    reason: `has ${chipId.length} bytes, must have ${CHIP_ID_SIZE}`,
  });
}

/** The object itself, or what stands under `return` of a QMP answer. */
function fieldsOfJson(text: string): ReadonlyMap<string, string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const inner = isObject(value) && isObject(value["return"]) ? value["return"] : value;
  if (!isObject(inner)) return undefined;
  const entries = [...FIELDS, CHIP].flatMap((field) => {
    const found = inner[field];
    return typeof found === "string" ? [[field, found] as const] : [];
  });
  return new Map(entries);
}

/** Lines of a name, a colon and a value. */
function fieldsOfText(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return fields;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
