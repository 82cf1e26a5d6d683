// SPDX-License-Identifier: Apache-2.0
// The client against a real server over a real network of one machine: every misbehaviour ends in an
// error with a code, in time; and TLS.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { KdsClient } from "../../src/kds/client.ts";
import type { KdsErrorCode } from "../../src/kds/error.ts";
import { nodeTransport } from "../../src/kds/transport.ts";
import { FakeKds } from "../support/fake-kds.ts";
import type { Misbehaviour } from "../support/fake-kds.ts";
import { VCEK, kdsError, temporaryFolder } from "./support.ts";

async function start(t: TestContext, tls?: { key: string; cert: string }): Promise<FakeKds> {
  const kds = await FakeKds.start(tls);
  t.after(() => kds.stop());
  return kds;
}

const ENDS: readonly (readonly [act: Misbehaviour, code: KdsErrorCode])[] = [
  ["drip", "deadline"],
  ["silence", "deadline"],
  ["endless", "bad-response"],
  [{ status: 200, body: "<html>" }, "bad-response"],
  [{ status: 302, headers: { location: "/" } }, "bad-response"],
  [{ status: 404 }, "not-found"],
  [{ status: 429, headers: { "retry-after": "60" } }, "throttled"],
  [{ status: 503, headers: { "retry-after": "60" } }, "unreachable"],
];
for (const [act, code] of ENDS) {
  const name = typeof act === "string" ? act : `HTTP ${act.status}`;
  test(`${name} ends as ${code} before the deadline`, async (t) => {
    const kds = await start(t);
    kds.misbehave.push(act);
    const client = new KdsClient({
      baseUrl: kds.url,
      deadlineMs: 500,
      transport: nodeTransport({}),
    });
    const begun = performance.now();
    await assert.rejects(client.get(VCEK), kdsError(code));
    assert.ok(performance.now() - begun < 3000);
  });
}

for (const act of ["reset", "truncated", { status: 500 }] satisfies readonly Misbehaviour[]) {
  test(`${typeof act === "string" ? act : "HTTP 500"} once is made good by asking again`, async (t) => {
    const kds = await start(t);
    kds.misbehave.push(act);
    const client = new KdsClient({ baseUrl: kds.url, transport: nodeTransport({}) });
    assert.equal((await client.get(VCEK)).origin, "network");
    assert.equal(kds.requests.length, 2);
  });
}

const openssl = spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is absent";

test(
  "a TLS server is asked when its certificate is trusted, and only then",
  { skip: openssl },
  async (t) => {
    const folder = temporaryFolder(t);
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const names = "subjectAltName=IP:127.0.0.1";
    const request = [
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
    ];
    const subject = [
      "-days",
      "2",
      "-subj",
      "/CN=kds",
      "-addext",
      names,
      "-keyout",
      key,
      "-out",
      cert,
    ];
    execFileSync("openssl", [...request, ...subject], { stdio: "ignore" });
    const kds = await start(t, {
      key: readFileSync(key, "utf8"),
      cert: readFileSync(cert, "utf8"),
    });
    const client = new KdsClient({ baseUrl: kds.url, transport: nodeTransport({}) });
    await assert.rejects(
      client.get(VCEK),
      kdsError("unreachable", /does not trust its TLS certificate/),
    );
    assert.deepEqual(kds.requests, []);
    const program = new URL("../../bin/greenlight.js", import.meta.url).pathname;
    const argv = [program, "kds", "fetch", "--line", "Milan", "--crl", "--kds", kds.url];
    const env = { ...process.env, XDG_CACHE_HOME: folder, NODE_EXTRA_CA_CERTS: cert };
    const { stdout } = await promisify(execFile)(process.execPath, argv, { env });
    assert.match(stdout, /^fetched +VCEK revocation list of Milan/);
  },
);
