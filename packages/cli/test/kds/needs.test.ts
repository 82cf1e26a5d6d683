// SPDX-License-Identifier: Apache-2.0
// What an endorser misses, fetched.

import assert from "node:assert/strict";
import { test } from "node:test";
import { kdsPath } from "@greenlight/core/endorsement";
import type { Need } from "@greenlight/core/endorsement";
import { KdsClient } from "../../src/kds/client.ts";
import { fetchNeeds } from "../../src/kds/needs.ts";
import type { TransportResponse } from "../../src/kds/transport.ts";
import { answerOf } from "../support/fake-kds.ts";
import { CHAIN, CRL, ManualClock, VCEK, ok, status } from "./support.ts";

const { kind: _kind, ...FACTS } = VCEK;
const GENOA = { ...FACTS, line: "Genoa" } as const;

/** A client of a server that has these addresses. */
function clientFor(has: readonly Parameters<typeof kdsPath>[0][]) {
  const asked: string[] = [];
  const transport = async ({ url }: { readonly url: string }): Promise<TransportResponse> => {
    const path = url.slice("https://kdsintf.amd.com".length);
    asked.push(path);
    await Promise.resolve();
    const address = has.find((known) => kdsPath(known) === path);
    return address === undefined ? status(404) : ok(answerOf(address));
  };
  return { client: new KdsClient({ transport, clock: new ManualClock() }), asked };
}

test("everything that is missing comes with its role, and without the ARK", async () => {
  const { client } = clientFor([VCEK, CRL, CHAIN]);
  const needs: readonly Need[] = [
    { kind: "VCEK", ...FACTS, alternatives: [] },
    { kind: "CRL", line: "Milan", endorser: "vcek" },
    { kind: "intermediate", line: "Milan", endorser: "vlek" },
  ];
  const { certificates, problems, answers } = await fetchNeeds(client, needs);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    certificates.map(({ role }) => role),
    ["VCEK", "CRL", "ASVK"],
  );
  assert.ok(certificates.every(({ from }) => from === "https://kdsintf.amd.com"));
  assert.equal(answers.length, 3);
});

test("a report that does not say its line is asked for under the others", async () => {
  const { client, asked } = clientFor([{ kind: "VCEK", ...GENOA }]);
  const need: Need = { kind: "VCEK", ...FACTS, alternatives: [GENOA] };
  const first = await fetchNeeds(client, [need]);
  assert.equal(first.certificates.length, 1);
  assert.equal(asked.length, 2);
});

test("what cannot be had is told, and the rest is there all the same", async () => {
  const { client } = clientFor([CRL]);
  const { certificates, problems } = await fetchNeeds(client, [
    { kind: "VCEK", ...FACTS, alternatives: [GENOA] },
    { kind: "CRL", line: "Milan", endorser: "vcek" },
  ]);
  assert.deepEqual(
    certificates.map(({ role }) => role),
    ["CRL"],
  );
  assert.deepEqual(
    problems.map(({ code, path }) => [code, path]),
    [["not-found", kdsPath(VCEK)]],
  );
});

test("nothing missing, nothing asked", async () => {
  const { client, asked } = clientFor([]);
  const fetched = await fetchNeeds(client, []);
  assert.deepEqual(fetched, { certificates: [], problems: [], notes: [], answers: [] });
  assert.deepEqual(asked, []);
});
