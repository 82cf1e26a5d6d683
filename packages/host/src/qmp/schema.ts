// SPDX-License-Identifier: Apache-2.0
// What a QEMU can do, by its own schema (query-qmp-schema; QEMU: qapi/introspect.json) and not by its
// version: distributions port features back and leave others out.

import type { QmpClient, QmpDeadline } from "./client.ts";
import { QmpError } from "./error.ts";
import { isObject } from "./lines.ts";

/** What a QEMU has of AMD's confidential guests. */
export interface SevAbilities {
  /** Commands of SEV and SEV-ES launches that are there. */
  readonly commands: ReadonlySet<string>;
  /** Options of the `sev-guest` object; undefined when there is no such object. */
  readonly sevGuest: ReadonlySet<string> | undefined;
  /** Options of the `sev-snp-guest` object. */
  readonly sevSnpGuest: ReadonlySet<string> | undefined;
}

/** Commands that a launch uses. */
const COMMANDS = [
  "query-sev",
  "query-sev-attestation-report",
  "query-sev-capabilities",
  "query-sev-launch-measure",
  "sev-inject-launch-secret",
];

/**
 * Asks a QEMU for its schema.
 * @throws {QmpError} as `execute`; `protocol` when the answer is not a schema.
 */
export async function probeSev(
  client: QmpClient,
  deadline: QmpDeadline = {},
): Promise<SevAbilities> {
  const schema = readSchema(await client.execute("query-qmp-schema", undefined, deadline));
  return {
    commands: new Set(COMMANDS.filter((name) => schema.get(name)?.["meta-type"] === "command")),
    sevGuest: objectOptions(schema, "sev-guest"),
    sevSnpGuest: objectOptions(schema, "sev-snp-guest"),
  };
}

type Schema = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

function readSchema(answer: unknown): Schema {
  if (!Array.isArray(answer)) throw broken();
  const found = new Map<string, Readonly<Record<string, unknown>>>();
  for (const entry of answer) {
    if (!isObject(entry) || typeof entry["name"] !== "string") throw broken();
    found.set(entry["name"], entry);
  }
  return found;
}

/** Options of an object: the variant of object-add's arguments for its type, with what is common. */
function objectOptions(schema: Schema, type: string): ReadonlySet<string> | undefined {
  const argumentType = schema.get("object-add")?.["arg-type"];
  const variants = listOf(
    typeof argumentType === "string" ? schema.get(argumentType) : undefined,
    "variants",
  );
  const variant = variants.find((each) => each["case"] === type)?.["type"];
  if (typeof variant !== "string") return undefined;
  const names = listOf(schema.get(variant), "members").map((member) => member["name"]);
  return new Set(names.filter((name): name is string => typeof name === "string"));
}

function listOf(
  entry: Readonly<Record<string, unknown>> | undefined,
  key: string,
): readonly Readonly<Record<string, unknown>>[] {
  const list = entry?.[key];
  return Array.isArray(list) ? list.filter((each) => isObject(each)) : [];
}

function broken(): QmpError {
  return new QmpError("protocol", "QEMU's answer to query-qmp-schema is not a schema", {
    command: "query-qmp-schema",
  });
}
