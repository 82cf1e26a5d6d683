// SPDX-License-Identifier: Apache-2.0
// docs/reference/conformance.md: what other verifiers can do and where the same stands here, from the
// rows that `greenlight verify --like` shows.
import {
  CAPABILITIES,
  COMPARED,
} from "../../packages/cli/src/commands/verify/like/capabilities.ts";
import { PEERS } from "../../packages/cli/src/commands/verify/like/page.ts";

interface Places {
  readonly options?: readonly string[];
  readonly fields?: readonly string[];
  readonly findings?: readonly string[];
}

/** The page. */
export function conformancePage(): string {
  const capabilities = CAPABILITIES.map(
    ({ what, theirs, ours, ...places }) =>
      `| ${cells(what, ...theirs, ours)} | ${placesOf(places)} |`,
  );
  const peers = PEERS.flatMap(({ title, name, groups, example }) => [
    `## ${title}`,
    "",
    `\`greenlight verify --like ${name}\` shows this in a terminal. For example`,
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
  ]);
  return [
    "# Conformance with other verifiers",
    "",
    "Made by `node scripts/docs.ts` from packages/cli/src/commands/verify/like. The last column names the",
    "options of `greenlight verify`, the fields of a policy and the findings that a row is about; a test",
    "holds all of them to what exists. Where results differ: [where tools disagree](../where-tools-disagree.md).",
    "",
    "## Capabilities",
    "",
    `| capability | ${COMPARED.join(" | ")} | here | in full |`,
    `|---|${COMPARED.map(() => "---|").join("")}---|---|`,
    ...capabilities,
    "",
    ...peers,
  ].join("\n");
}

function cells(...texts: readonly string[]): string {
  return texts.map((text) => text.replaceAll("|", "\\|")).join(" | ");
}

function placesOf({ options = [], fields = [], findings = [] }: Places): string {
  const places = [...options.map((option) => `--${option}`), ...fields, ...findings];
  return places.map((place) => `\`${place}\``).join(", ");
}
