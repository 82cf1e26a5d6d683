// SPDX-License-Identifier: Apache-2.0
// `node scripts/differential.ts`: hundreds of pieces of evidence, valid and broken in every way, judged
// by Greenlight and by go-sev-guest. Differences without a known reason fail (exit code 1). Without Go or
// the library nothing is compared, which is said, and our own judgements are checked alone.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { allCases } from "./differential/cases/index.ts";
import type { Case } from "./differential/case.ts";
import { compare, renderSection } from "./differential/compare.ts";
import type { Comparison, Judged } from "./differential/compare.ts";
import { judgeOurs } from "./differential/ours.ts";
import type { Judgement } from "./differential/ours.ts";
import { PEER_HELP, PEER_VERSION, buildPeer, findPeer } from "./differential/peer.ts";
import { replaceSection } from "./differential/section.ts";
import { root } from "./lib/process.ts";

const HELP = `Usage: node scripts/differential.ts [OPTION]...

  --go FILE        the go command (default go)
  --gopath FOLDER  where Go libraries are packaged (default /usr/share/gocode)
  --write          put the result into docs/where-tools-disagree.md
  --json           print every case with both judgements, one JSON object a line
  --help           show this help

${PEER_HELP}`;

const { values } = parseArgs({
  options: {
    go: { type: "string", default: "go" },
    gopath: { type: "string", default: "/usr/share/gocode" },
    write: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

if (values.help) console.log(HELP);
else process.exitCode = await main();

async function main(): Promise<number> {
  console.error("making cases ...");
  const cases = allCases();
  console.error(`judging ${cases.length} cases ...`);
  const ours: Judgement[] = [];
  for (const item of cases) ours.push(await judgeOurs(item));
  const peer = findPeer(values.go, values.gopath);
  if ("missing" in peer) return alone(cases, ours, peer.missing);
  console.error("building go-sev-guest ...");
  const built = buildPeer(peer);
  try {
    const theirs = await built.judge(cases);
    const judged = cases.map((item, i) => ({ item, ours: ours[i]!, theirs: theirs[i]! }));
    return report(judged);
  } finally {
    built.remove();
  }
}

/** Without the peer: only whether our own judgements are the expected ones. */
function alone(cases: readonly Case[], ours: readonly Judgement[], missing: string): number {
  const wrong = cases.filter(
    ({ expected }, i) => (ours[i]?.outcome === "accepted") !== (expected === "accepted"),
  );
  for (const { group, name } of wrong) console.log(`not as expected: ${group}: ${name}`);
  console.log(
    `skipped: comparison with go-sev-guest, because ${missing} is absent\n\n${PEER_HELP}`,
  );
  console.log(`${cases.length} cases judged by Greenlight, ${wrong.length} not as expected`);
  return wrong.length === 0 ? 0 : 1;
}

function report(judged: readonly Judged[]): number {
  const comparison = compare(judged);
  if (values.json) {
    for (const { item, ours, theirs } of judged) {
      const { group, name, line, expected } = item;
      console.log(JSON.stringify({ group, name, line, expected, ours, theirs }));
    }
  } else {
    print(comparison);
  }
  if (values.write) write(comparison);
  const { unexplained, unexpected, unused } = comparison;
  return unexplained.length + unexpected.length + unused.length === 0 ? 0 : 1;
}

function print(comparison: Comparison): void {
  const { cases, bothAccept, neitherAccepts, explained } = comparison;
  for (const { difference, cases: found } of explained) {
    console.log(`${String(found.length).padStart(4)}  ${difference.subject} (${difference.right})`);
  }
  const count = explained.reduce((sum, each) => sum + each.cases.length, 0);
  console.log(
    `\n${cases} cases: both accept ${bothAccept}, neither accepts ${neitherAccepts}, ` +
      `${count} differences with a reason, ${comparison.unexplained.length} without`,
  );
  for (const each of comparison.unexplained) console.log(`unexplained: ${describe(each)}`);
  for (const each of comparison.unexpected) console.log(`not as expected: ${describe(each)}`);
  for (const { subject } of comparison.unused) console.log(`explains nothing: ${subject}`);
}

function describe({ item, ours, theirs }: Judged): string {
  const say = ({ outcome, reasons }: Judgement): string => [outcome, ...reasons].join(" ");
  return `${item.group}: ${item.name}\n  Greenlight: ${say(ours)}\n  go-sev-guest: ${say(theirs)}`;
}

function write(comparison: Comparison): void {
  const file = join(root, "docs", "where-tools-disagree.md");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, replaceSection(text, renderSection(comparison, PEER_VERSION)));
}
