// SPDX-License-Identifier: Apache-2.0
// The simulator's KDS as the other commands use it: in place of AMD's.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import { startKds, subjectOf, subjectsOf } from "@greenlight/psp/kds";
import type { KdsFault, RunningKds } from "@greenlight/psp/kds";
import { createPlatform, systemRandom } from "@greenlight/psp/platform";
import { greenlight } from "../../support/capture.ts";
import { enterTemporaryFolder } from "../../support/temporary.ts";

let leave: () => void;
let kds: RunningKds;
const told: string[] = [];
before(async () => {
  leave = enterTemporaryFolder();
  const rome = createPlatform({
    line: "Rome",
    api: { major: 0, minor: 24, build: 20 },
    es: true,
    random: systemRandom,
  });
  const hierarchies = (["Milan", "Turin"] as const).map((line) => createHierarchy({ line }));
  kds = await startKds({
    subjects: [...subjectsOf([rome]), ...hierarchies.map(subjectOf)],
    log: (path, status) => void told.push(`${status} ${path}`),
  });
  for (const line of ["Milan", "Turin", "Rome"]) {
    const { code, err } = await greenlight("simulate", "mint", line, "--line", line);
    assert.equal(code, 0, err);
  }
});
after(async () => {
  await kds.stop();
  leave();
});

let cache = 0;
/** Verifies a bare report, with nothing but the KDS and the root. */
async function verify(line: string, ...faults: readonly KdsFault[]) {
  kds.misbehave(...faults);
  cache += 1;
  return greenlight(
    "verify",
    `${line}/report.bin`,
    "--simulator-root",
    `${line}/simulator-root.pem`,
    "--kds",
    kds.url,
    "--kds-cache",
    `cache-${cache}`,
    "--crl",
    "required",
  );
}

describe("verify --kds", () => {
  for (const line of ["Milan", "Turin"]) {
    test(`${line}: certificate and revocation list come from the simulator`, async () => {
      const { code, out, err } = await verify(line);
      assert.equal(code, 0, `${out}${err}`);
      assert.ok(told.some((each) => each.startsWith(`200 /vcek/v1/${line}/`)));
      assert.ok(told.includes(`200 /vcek/v1/${line}/crl`));
    });
  }

  test("a request that is turned away is made again", async () => {
    const { code } = await verify("Milan", { status: 429, retryAfter: 1 }, "cut", "truncated");
    assert.equal(code, 0);
  });

  test("what it does not have leaves the matter undecided", async () => {
    const { code, out } = await verify("Milan", { status: 404 });
    assert.equal(code, 3);
    assert.match(out, /HTTP 404/);
  });

  test("its root is still not AMD's", async () => {
    const { code } = await greenlight(
      "verify",
      "Milan/report.bin",
      "--kds",
      kds.url,
      "--kds-cache",
      "cache-no-root",
    );
    assert.equal(code, 1);
  });
});

test("verify sev --kds: the signed CEK of the chip comes from the simulator", async () => {
  const { code, out, err } = await greenlight(
    "verify",
    "sev",
    "Rome/sev-capabilities.json",
    "--kds",
    kds.url,
    "--kds-cache",
    "cache-sev",
    "--simulator-root",
    "Rome/simulator-sev-root.cert",
  );
  assert.equal(code, 0, `${out}${err}`);
  assert.ok(told.some((each) => each.startsWith("200 /cek/id/")));
});

test("kds fetch --kds takes what reports will need", async () => {
  const { code, err } = await greenlight(
    "kds",
    "fetch",
    "Turin/report.bin",
    "--kds",
    kds.url,
    "--kds-cache",
    "cache-fetch",
  );
  assert.equal(code, 0, err);
});

describe("simulate kds", () => {
  const run = (...words: readonly string[]) => greenlight("simulate", "kds", ...words);

  test("serves lines and folders until it is stopped", async () => {
    const started = ["simulate", "start", "--folder", "lab", "--stop-after", "0.05"];
    assert.equal((await greenlight(...started)).code, 0);
    const { code, out } = await run(
      "--folder",
      "lab",
      "--line",
      "Genoa",
      "--stop-after",
      "0.05",
      "--json",
    );
    assert.equal(code, 0);
    const { url, lines } = JSON.parse(out) as { url: string; lines: readonly string[] };
    assert.deepEqual(lines, ["Milan", "Genoa"]);
    await assert.rejects(fetch(`${url}/vcek/v1/Milan/crl`), "it is gone afterwards");
  });

  test("options that cannot be", async () => {
    const port = new URL(kds.url).port;
    for (const [words, message] of [
      [[], /nothing to serve/],
      [["--line", "Rome"], /--line/],
      [["--line", "Milan", "--fail", "200"], /--fail/],
      [["--line", "Milan", "--port", port], /EADDRINUSE/],
      [["--line", "Milan", "--port", "70000"], /--port/],
      [["--folder", "nowhere"], /no simulated platform/],
    ] as const) {
      const { code, err } = await run(...words, "--stop-after", "0.05");
      assert.equal(code, 2, words.join(" "));
      assert.match(err, message);
    }
  });
});
