// SPDX-License-Identifier: Apache-2.0
// The value of an option as keys and values: `driver,key=value,flag` with doubled commas, or JSON,
// which -device, -object, -blockdev and some more take too (QEMU: util/keyval.c, util/qemu-option.c).

import { isObject } from "../../qmp/lines.ts";

/** Keys and values of one option. The last one wins where a key stands twice, as in QEMU. */
export type OptionValue = ReadonlyMap<string, string>;

/** How deep JSON is followed; QEMU's own options have three levels. */
const MAX_DEPTH = 8;

/**
 * Keys and values of an option.
 * @param implied Key of a first part that has none: `driver` for -device.
 */
export function optionValue(text: string, implied: string): OptionValue {
  if (text.startsWith("{")) {
    const parsed = parsedJson(text);
    if (parsed !== undefined) return flattened(parsed);
  }
  const found = new Map<string, string>();
  for (const [index, part] of parts(text).entries()) {
    const equals = part.indexOf("=");
    if (equals >= 0) found.set(part.slice(0, equals), part.slice(equals + 1));
    else if (index === 0) found.set(implied, part);
    else setFlag(found, part);
  }
  return found;
}

/** Whether a value switches something on. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && /^(on|yes|true|y)$/.test(value);
}

/** `share` is short for `share=on`, `noshare` for `share=off`. */
function setFlag(found: Map<string, string>, part: string): void {
  if (part.startsWith("no") && part.length > 2) found.set(part.slice(2), "off");
  found.set(part, "on");
}

/** What lies between single commas, with double ones made single. */
function parts(text: string): string[] {
  const found: string[] = [];
  let part = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== ",") part += text[i]!;
    else if (text[i + 1] === ",") {
      part += ",";
      i++;
    } else {
      found.push(part);
      part = "";
    }
  }
  return [...found, part];
}

function parsedJson(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function flattened(value: Readonly<Record<string, unknown>>): OptionValue {
  const found = new Map<string, string>();
  const add = (prefix: string, member: unknown, depth: number): void => {
    if (typeof member === "object" && member !== null && depth < MAX_DEPTH) {
      for (const [key, inner] of Object.entries(member)) add(`${prefix}.${key}`, inner, depth + 1);
    } else if (typeof member === "boolean") found.set(prefix, member ? "on" : "off");
    else found.set(prefix, String(member));
  };
  for (const [key, member] of Object.entries(value)) add(key, member, 0);
  return found;
}
