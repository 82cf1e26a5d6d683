// SPDX-License-Identifier: Apache-2.0
// A policy as a YAML file for people: every field with its meaning, and those that demand nothing
// commented out.

import { fieldValue, policyFields } from "@greenlight/core/policy";
import type { Policy, PolicyField } from "@greenlight/core/policy";
import { hang } from "../../output/style.ts";

/** What stands above everything. */
const HEAD = [
  "# What is demanded of SEV-SNP evidence. Fields that are left out, or commented",
  "# out here, have the values shown. After a change: greenlight policy check FILE,",
  "# and greenlight policy explain FILE says it in sentences.",
];

/** A mapping or a field of the file. */
type Part =
  | { readonly name: string; readonly parts: readonly Part[] }
  | { readonly name: string; readonly field: PolicyField };

/** The file. `notes` are further comments, by field: `guest.measurements`. */
export function policyYaml(policy: Policy, notes: ReadonlyMap<string, string>): string {
  const lines = [...HEAD, `schema: ${policy.schema}`, `name: ${scalar(policy.name)}`];
  if (policy.description !== "") lines.push(`description: ${scalar(policy.description)}`);
  for (const part of partsOf(policyFields(), 0)) {
    lines.push("", ...render(part, policy, notes, "", false));
  }
  return `${lines.join("\n")}\n`;
}

function partsOf(fields: readonly PolicyField[], depth: number): readonly Part[] {
  const names = new Set(fields.map(({ path }) => path[depth] ?? ""));
  return [...names].map((name) => {
    const members = fields.filter(({ path }) => path[depth] === name);
    const [field] = members;
    return field !== undefined && field.path.length === depth + 1
      ? { name, field }
      : { name, parts: partsOf(members, depth + 1) };
  });
}

/** A mapping must not be empty, so where nothing in it demands anything its first field is shown. */
function render(
  part: Part,
  policy: Policy,
  notes: ReadonlyMap<string, string>,
  indent: string,
  shown: boolean,
): readonly string[] {
  if ("field" in part) return renderField(part.field, policy, notes, indent, shown);
  const inner = `${indent}  `;
  const anyActive = part.parts.some((member) => isActive(member, policy));
  const members = part.parts.flatMap((member, index) =>
    render(member, policy, notes, inner, index === 0 && !anyActive),
  );
  return [`${indent}${part.name}:`, ...members];
}

function renderField(
  field: PolicyField,
  policy: Policy,
  notes: ReadonlyMap<string, string>,
  indent: string,
  shown: boolean,
): readonly string[] {
  const { path, meaning } = field;
  const note = notes.get(path.join("."));
  const comments = [meaning, ...(note === undefined ? [] : [note])].flatMap((text) =>
    hang(`${indent}# `, text)
      .split("\n")
      .map((line, index) => (index === 0 ? line : `${indent}# ${line.trimStart()}`)),
  );
  const name = path.at(-1) ?? "";
  const off = shown || isActive({ name, field }, policy) ? "" : "# ";
  const values = valueLines(fieldValue(policy, path)).map((line, index) =>
    index === 0 ? `${name}:${line}` : line,
  );
  return [...comments, ...values.map((line) => `${indent}${off}${line}`)];
}

/** Whether a part demands anything, or says something other than the default. */
function isActive(part: Part, policy: Policy): boolean {
  if ("parts" in part) return true;
  const value = fieldValue(policy, part.field.path);
  return (
    part.field.demands(value) !== undefined ||
    JSON.stringify(value) !== JSON.stringify(part.field.fallback)
  );
}

/** The first line goes behind the name, the others below it. */
function valueLines(value: unknown): readonly string[] {
  const isList = Array.isArray(value);
  const entries: readonly unknown[] = isList ? value : [];
  const isBlock = entries.some(
    (entry) => typeof entry === "object" || (typeof entry === "string" && entry.length > 40),
  );
  if (isBlock) return ["", ...entries.flatMap(elementLines)];
  const isMapping = typeof value === "object" && value !== null && !isList;
  if (isMapping && Object.keys(value).length > 0) {
    return ["", ...Object.entries(value).map(([name, member]) => `  ${name}: ${flow(member)}`)];
  }
  return [` ${flow(value)}`];
}

function elementLines(element: unknown): readonly string[] {
  if (typeof element !== "object" || element === null) return [`  - ${flow(element)}`];
  const members = Object.entries(element);
  // A byte string without a label is just its digits.
  if (members.length === 1 && "value" in element) return [`  - ${flow(element.value)}`];
  return members.map(
    ([name, member], index) => `  ${index === 0 ? "- " : "  "}${name}: ${flow(member)}`,
  );
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(([name, member]) => `${name}: ${flow(member)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return typeof value === "string" ? scalar(value) : String(value);
}

/** Words as they are; whatever YAML could take for something else in quotes. */
function scalar(text: string): string {
  const isWord =
    /^[A-Za-z][A-Za-z-]*$/.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text);
  return isWord ? text : JSON.stringify(text);
}
