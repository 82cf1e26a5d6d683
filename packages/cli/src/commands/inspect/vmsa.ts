// SPDX-License-Identifier: Apache-2.0
// The view of a VMSA page: the registers a vCPU starts with, and which VMM sets them so.

import { annotate, hexEncode } from "@greenlight/core/bytes";
import type { Annotation } from "@greenlight/core/bytes";
import { sha384 } from "@greenlight/core/crypto";
import {
  VMSA,
  checkVmsa,
  cpuFamilyModelStepping,
  profileHosts,
  recogniseVmsa,
  sevFeatureNames,
} from "@greenlight/core/launch";
import type { ProfileMatch, RecognisedVmsa } from "@greenlight/core/launch";
import { WIDTH } from "../../output/style.ts";
import { pairs, table } from "../../output/table.ts";
import type { Pair } from "../../output/table.ts";
import { fieldsToJson, hex } from "./view.ts";
import type { View, ViewOptions } from "./view.ts";

/** Values longer than this are named by their size in the table of registers. */
const LONGEST_VALUE = 34;

/** Fields in which a nearest profile differs that are listed; the rest is counted. */
const MOST_DIFFERENCES = 12;

/** The view of a page. */
export function vmsaView(page: Uint8Array, { verbose }: ViewOptions): View {
  const recognised = recogniseVmsa(page);
  const fields = annotate(VMSA, page);
  const { mode, role, entryPoint, signature, models, matches, nearest } = recognised;
  const { sevFeatures } = VMSA.decode(page);
  const digest = hexEncode(sha384(page));
  return {
    summary: `${mode === "snp" ? "SEV-SNP" : "SEV-ES"}, ${ROLES[role]}`,
    blocks: [
      pairs([
        ["SHA-384", digest],
        ["entry point", hex(entryPoint)],
        ["SEV_FEATURES", featuresText(sevFeatures)],
        ["CPU signature", signatureText(recognised)],
        profileLine(recognised),
      ]),
      ...differencesBlock(nearest),
      segmentsBlock(fields),
      registersBlock(fields, verbose),
    ],
    findings: checkVmsa(page),
    json: {
      sha384: digest,
      mode,
      role,
      entryPoint,
      sevFeatures: { value: sevFeatures, names: sevFeatureNames(sevFeatures) },
      cpu: { signature, ...cpuFamilyModelStepping(signature), models },
      profiles: matches.map(({ profile, differences }) => ({
        id: profile.id,
        exact: differences.length === 0,
        differences,
      })),
      fields: fieldsToJson(fields),
    },
    dump: [{ title: "VMSA", bytes: page, fields }],
  };
}

const ROLES: Readonly<Record<RecognisedVmsa["role"], string>> = {
  boot: "boot processor (vCPU 0)",
  application: "application processor (vCPU 1 and up)",
  every: "every processor",
};

function featuresText(features: bigint): string {
  const names = sevFeatureNames(features);
  return `${hex(features)} (${names.length === 0 ? "none, as SEV-ES has it" : names.join(", ")})`;
}

function signatureText({ signature, models, nearest }: RecognisedVmsa): string {
  if (nearest.differences.length === 0 && nearest.profile.rdx !== "cpu-signature") {
    return `not in the page: RDX is ${hex(signature)} whatever the CPU model is`;
  }
  if (signature === 0) return "none (RDX is 0)";
  const { family, model, stepping } = cpuFamilyModelStepping(signature);
  const numbers = `family ${family}, model ${model}, stepping ${stepping}`;
  const names = models.length === 0 ? "no CPU model of QEMU" : models.join(", ");
  return `${hex(signature)} in RDX: ${names} (${numbers})`;
}

function profileLine({ matches, nearest }: RecognisedVmsa): Pair {
  const exact = matches.filter(({ differences }) => differences.length === 0);
  if (exact.length > 0) {
    return [
      "VMSA profile",
      ...lines(exact.map(({ profile }) => `${profile.id}: ${profileHosts(profile)}`)),
    ];
  }
  const { profile, differences } = nearest;
  const count = `${differences.length} ${differences.length === 1 ? "field" : "fields"}`;
  return ["VMSA profile", `none exactly; ${profile.id} is nearest and differs in ${count}`];
}

function lines(texts: readonly string[]): [string, ...string[]] {
  const [first = "", ...rest] = texts;
  return [first, ...rest];
}

function differencesBlock({ profile, differences }: ProfileMatch): readonly string[] {
  if (differences.length === 0) return [];
  const shown = differences
    .slice(0, MOST_DIFFERENCES)
    .map(({ path, offset, size, expected, actual }) => [
      hex(offset),
      path,
      short(expected, size),
      short(actual, size),
    ]);
  const columns = [
    { title: "offset" },
    { title: "field" },
    { title: profile.id },
    { title: "this page" },
  ];
  const more = differences.length - shown.length;
  const rest = more === 0 ? "" : `\n  and ${more} more; --json lists all`;
  return [`Differences from profile ${profile.id}\n${table(columns, shown)}${rest}`];
}

/** Segment registers are the fields with a selector; they are read best as rows. */
function segmentsBlock(fields: readonly Annotation[]): string {
  const values = new Map(fields.map(({ path, text }) => [path, text]));
  const names = fields.flatMap(({ path }) =>
    path.endsWith(".selector") ? [path.slice(0, -".selector".length)] : [],
  );
  const parts = ["selector", "attrib", "limit", "base"];
  const rows = names.map((name) => [name, ...parts.map((part) => values.get(`${name}.${part}`)!)]);
  const columns = [
    { title: "segment" },
    ...parts.map((title) => ({ title, align: "right" as const })),
  ];
  return table(columns, rows);
}

function registersBlock(fields: readonly Annotation[], verbose: boolean): string {
  const flat = fields.filter(({ path }) => !path.includes("."));
  const shown = flat.filter(({ text }) => verbose || !isZero(text));
  const rows = shown.map(({ offset, path, text, size }) => [hex(offset), path, short(text, size)]);
  const columns = [{ title: "offset" }, { title: "register" }, { title: "value" }];
  const explained = table(
    [...columns, { title: "" }],
    rows.map((row, i) => [...row, shown[i]!.doc]),
  );
  // A long value widens its column for all; then there is no room for explanations.
  const fits = explained.split("\n").every((line) => line.length <= WIDTH);
  const zero = flat.length - shown.length;
  const rest = zero === 0 ? "" : `\n  The other ${zero} fields are zero.`;
  return (rows.length === 0 ? "" : fits ? explained : table(columns, rows)) + rest;
}

function isZero(text: string): boolean {
  return /^(0x)?0+$/.test(text);
}

function short(text: string, size: number): string {
  if (text.length <= LONGEST_VALUE) return text;
  return isZero(text) ? `zero (${size} bytes)` : `${text.slice(0, 24)}.. (${size} bytes)`;
}
