// SPDX-License-Identifier: Apache-2.0
// docs/reference/conformance.md: what other tools can do and where the same stands here, from the rows
// that `greenlight verify --like` and `greenlight verify sev --like` show.
import {
  CAPABILITIES,
  COMPARED,
} from "../../packages/cli/src/commands/verify/like/capabilities.ts";
import { PEERS } from "../../packages/cli/src/commands/verify/like/page.ts";
import type { Peer } from "../../packages/cli/src/commands/verify/like/row.ts";
import {
  CAPABILITIES as SEV_CAPABILITIES,
  COMPARED as SEV_COMPARED,
} from "../../packages/cli/src/commands/verify/sev/like/capabilities.ts";
import { PEERS as SEV_PEERS } from "../../packages/cli/src/commands/verify/sev/like/page.ts";

interface Places {
  readonly command?: string;
  readonly options?: readonly string[];
  readonly fields?: readonly string[];
  readonly findings?: readonly string[];
}

interface Capability extends Places {
  readonly what: string;
  readonly theirs: readonly string[];
  readonly ours: string;
}

/** The page. */
export function conformancePage(): string {
  return [
    "# Conformance with other tools",
    "",
    "Made by `node scripts/docs.ts` from packages/cli/src/commands/verify. The last column names the",
    "options, the fields of a policy and the findings that a row is about; a test holds all of them, and",
    "every command in a row, to what exists. Where results differ:",
    "[where tools disagree](../where-tools-disagree.md).",
    "",
    "## Verifiers of SEV-SNP evidence",
    "",
    ...capabilityTable(COMPARED, CAPABILITIES),
    "",
    "## Tools for owners of SEV and SEV-ES guests",
    "",
    ...capabilityTable(SEV_COMPARED, SEV_CAPABILITIES),
    "",
    ...PEERS.flatMap((peer) => peerSection(peer, "verify")),
    ...SEV_PEERS.flatMap((peer) => peerSection(peer, "verify sev")),
  ].join("\n");
}

function capabilityTable(
  compared: readonly string[],
  capabilities: readonly Capability[],
): readonly string[] {
  return [
    `| capability | ${compared.join(" | ")} | here | in full |`,
    `|---|${compared.map(() => "---|").join("")}---|---|`,
    ...capabilities.map(
      ({ what, theirs, ours, ...places }) =>
        `| ${cells(what, ...theirs, ours)} | ${placesOf(places)} |`,
    ),
  ];
}

/** @param command The command whose `--like` shows the same. */
function peerSection({ title, name, groups, example }: Peer, command: string): readonly string[] {
  return [
    `## ${title}`,
    "",
    `\`greenlight ${command} --like ${name}\` shows this in a terminal. For example`,
    "",
    `    ${example.theirs}`,
    "",
    "is here",
    "",
    `    ${example.ours}`,
    "",
    ...groups.flatMap((group) => [
      `### ${group.title}`,
      "",
      "| theirs | what it is | here | in full |",
      "|---|---|---|---|",
      ...group.rows.map(({ theirs, meaning, ours, note, ...places }) => {
        const here = note === undefined ? ours : `${ours} (${note})`;
        return `| ${cells(`\`${theirs}\``, meaning, here)} | ${placesOf(places)} |`;
      }),
      "",
    ]),
  ];
}

function cells(...texts: readonly string[]): string {
  return texts.map((text) => text.replaceAll("|", "\\|")).join(" | ");
}

function placesOf({ command, options = [], fields = [], findings = [] }: Places): string {
  // Options are those of `verify` unless another command is named.
  const named = options.length === 0 || command === undefined ? [] : [command];
  const places = [...named, ...options.map((option) => `--${option}`), ...fields, ...findings];
  return places.map((place) => `\`${place}\``).join(", ");
}
