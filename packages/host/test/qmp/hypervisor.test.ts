// SPDX-License-Identifier: Apache-2.0
// QEMU as a hypervisor: what is asked, how answers are read, what is refused, and how it ends.

import assert from "node:assert/strict";
import { test } from "node:test";
import { QmpClient, QmpError, qemuHypervisor } from "@greenlight/host/qmp";
import type { QemuProcess } from "@greenlight/host/machine";
import { QmpPeer, tablePeer } from "../support/qmp-peer.ts";

const PATIENT = { timeoutMs: 120_000 };

const base64 = (size: number, fill: number): string => Buffer.alloc(size, fill).toString("base64");

/** Answers as QEMU 9.1 and later gives them for an SEV guest before its secret. */
const SEV = {
  "query-sev": {
    enabled: true,
    "api-major": 1,
    "api-minor": 55,
    "build-id": 24,
    policy: 3,
    state: "launch-secret",
    handle: 1,
    "sev-type": "sev",
  },
  "query-sev-capabilities": {
    pdh: base64(2084, 1),
    "cert-chain": base64(6252, 2),
    "cpu0-id": base64(64, 3),
    cbitpos: 51,
    "reduced-phys-bits": 1,
  },
  "query-sev-launch-measure": { data: base64(48, 4) },
  "query-sev-attestation-report": { data: base64(208, 5) },
  "sev-inject-launch-secret": {},
  "query-status": { status: "prelaunch", running: false },
  cont: {},
};

async function hostOf(table: Readonly<Record<string, unknown>>) {
  const peer = tablePeer(table);
  const client = await QmpClient.open(peer.client, PATIENT);
  return { peer, host: qemuHypervisor(client, PATIENT) };
}

test("an SEV launch: every answer as bytes and numbers", async () => {
  const { host, peer } = await hostOf(SEV);
  assert.equal(host.kind, "qemu");
  assert.deepEqual(await host.launchInfo(), {
    type: "sev",
    apiMajor: 1,
    apiMinor: 55,
    buildId: 24,
    policy: 3,
    state: "launch-secret",
    handle: 1,
  });
  assert.deepEqual(await host.platformExport(), {
    pdh: new Uint8Array(2084).fill(1),
    certChain: new Uint8Array(6252).fill(2),
    cpu0Id: new Uint8Array(64).fill(3),
  });
  assert.deepEqual(await host.launchMeasurement(), new Uint8Array(48).fill(4));
  const report = await host.attestationReport(new Uint8Array(16).fill(6));
  assert.deepEqual(report, new Uint8Array(208).fill(5));
  const header = new Uint8Array(52).fill(7);
  const payload = new Uint8Array(32).fill(8);
  await host.injectSecret({ header, payload });
  await host.injectSecret({ header, payload, gpa: 0x81_0000n });
  await host.resume();
  const sent = peer.requests.slice(-4);
  assert.deepEqual(
    sent.map((request) => [request.execute, request.arguments]),
    [
      ["query-sev-attestation-report", { mnonce: base64(16, 6) }],
      ["sev-inject-launch-secret", { "packet-header": base64(52, 7), secret: base64(32, 8) }],
      [
        "sev-inject-launch-secret",
        { "packet-header": base64(52, 7), secret: base64(32, 8), gpa: 8_454_144 },
      ],
      ["cont", undefined],
    ],
  );
  await host.close();
});

test("before QEMU 9.1 there is one type and it is not named; no chip id before 7.1", async () => {
  const { "sev-type": _type, ...sev } = SEV["query-sev"];
  const { "cpu0-id": _id, ...capabilities } = SEV["query-sev-capabilities"];
  const { host } = await hostOf({ "query-sev": sev, "query-sev-capabilities": capabilities });
  assert.equal((await host.launchInfo()).type, "sev");
  assert.equal((await host.platformExport()).cpu0Id, undefined);
  await host.close();
});

test("an SEV-SNP launch", async () => {
  const { policy: _policy, handle: _handle, ...rest } = SEV["query-sev"];
  const snp = { ...rest, "sev-type": "sev-snp", "snp-policy": 0x3_0000 };
  const { host } = await hostOf({ "query-sev": snp });
  assert.deepEqual(await host.launchInfo(), {
    type: "sev-snp",
    apiMajor: 1,
    apiMinor: 55,
    buildId: 24,
    snpPolicy: 0x3_0000n,
    state: "launch-secret",
  });
  await host.close();
});

test("run states", async () => {
  for (const [status, state] of [
    ["prelaunch", "prelaunch"],
    ["paused", "paused"],
    ["running", "running"],
    ["shutdown", "shutdown"],
    ["guest-panicked", "crashed"],
    ["internal-error", "crashed"],
    ["inmigrate", "other"],
  ] as const) {
    const { host } = await hostOf({ "query-status": { status } });
    assert.equal(await host.runState(), state);
    await host.close();
  }
});

test("answers of another shape are refused, and named", async (t) => {
  const sev = SEV["query-sev"];
  const capabilities = SEV["query-sev-capabilities"];
  type Ask = (host: ReturnType<typeof qemuHypervisor>) => Promise<unknown>;
  const info: Ask = async (host) => host.launchInfo();
  const platform: Ask = async (host) => host.platformExport();
  const measure: Ask = async (host) => host.launchMeasurement();
  const status: Ask = async (host) => host.runState();
  const cases: readonly (readonly [string, Readonly<Record<string, unknown>>, Ask, RegExp])[] = [
    ["no object", { "query-sev": 1 }, info, /is not an object/],
    ["null", { "query-sev": null }, info, /is not an object/],
    ["no truth", { "query-sev": { ...sev, enabled: 1 } }, info, /no truth value as enabled/],
    ["a number too large", { "query-sev": { ...sev, policy: 2 ** 40 } }, info, /as policy/],
    ["a negative number", { "query-sev": { ...sev, "api-minor": -1 } }, info, /as api-minor/],
    ["a fraction", { "query-sev": { ...sev, "build-id": 1.5 } }, info, /as build-id/],
    ["another type", { "query-sev": { ...sev, "sev-type": "tdx" } }, info, /not known: tdx/],
    [
      "a policy that JSON cannot hold",
      { "query-sev": { ...sev, "sev-type": "sev-snp", "snp-policy": 2 ** 60 } },
      info,
      /as snp-policy/,
    ],
    [
      "a short certificate",
      { "query-sev-capabilities": { ...capabilities, pdh: base64(2083, 1) } },
      platform,
      /a pdh that is not of 2084 bytes/,
    ],
    [
      "a chain that is not base64",
      { "query-sev-capabilities": { ...capabilities, "cert-chain": "!".repeat(8336) } },
      platform,
      /cert-chain that is not base64/,
    ],
    ["no measurement", { "query-sev-launch-measure": {} }, measure, /no data of 48 bytes/],
    [
      "a long measurement",
      { "query-sev-launch-measure": { data: base64(51, 1) } },
      measure,
      /no data of 48 bytes/,
    ],
    ["no status", { "query-status": { status: 4 } }, status, /has no status/],
  ];
  for (const [name, table, ask, words] of cases) {
    await t.test(name, async () => {
      const { host } = await hostOf(table);
      await assert.rejects(ask(host), (error: unknown) => {
        assert(error instanceof QmpError, String(error));
        assert.equal(error.code, "protocol");
        assert.match(error.message, words);
        return true;
      });
      await host.close();
    });
  }
});

test("an address that no guest has is not sent", async () => {
  const { host, peer } = await hostOf(SEV);
  const packet = { header: new Uint8Array(52), payload: new Uint8Array(16) };
  for (const gpa of [-1n, 1n << 60n]) {
    await assert.rejects(host.injectSecret({ ...packet, gpa }), /no address of guest memory/);
  }
  assert(!peer.requests.some(({ execute }) => execute === "sev-inject-launch-secret"));
  await host.close();
});

test("the guest's end, as QEMU tells it", async () => {
  const peer = new QmpPeer((request, self) => {
    self.reply(request, {});
    if (request.execute !== "cont") return;
    self.send({ event: "SHUTDOWN", data: { guest: true, reason: "guest-shutdown" } });
    self.end();
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  const host = qemuHypervisor(client, PATIENT);
  await host.resume();
  assert.deepEqual(await host.ended, { reason: "the guest powered off", byGuest: true });
});

/** A process that ends when it is stopped. */
function imitation(): QemuProcess & { readonly stops: () => number; readonly exit: () => void } {
  const { promise, resolve } = Promise.withResolvers<{ signal: string } | { exitCode: number }>();
  let stops = 0;
  return {
    pid: 4_000_000,
    ended: promise,
    stderr: () => "qemu: words\n",
    async stop() {
      stops++;
      resolve({ signal: "SIGKILL" });
      return promise;
    },
    stops: () => stops,
    exit: () => resolve({ exitCode: 0 }),
  };
}

test("a QEMU that quits when told is not killed", async () => {
  const process = imitation();
  const peer = new QmpPeer((request, self) => {
    self.reply(request, {});
    if (request.execute === "quit") process.exit();
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  const host = qemuHypervisor(client, { ...PATIENT, process });
  await host.kill();
  assert.equal(process.stops(), 0);
  const end = await host.ended;
  assert.deepEqual(end, { reason: "QEMU ended", exitCode: 0, stderr: "qemu: words\n" });
  await host.close();
});

test("a QEMU that does not answer is ended by its process id", async () => {
  const process = imitation();
  const peer = new QmpPeer((request, self) => {
    if (request.execute === "qmp_capabilities") self.reply(request, {});
  });
  const client = await QmpClient.open(peer.client, PATIENT);
  const host = qemuHypervisor(client, { timeoutMs: 50, quitMs: 20, process });
  await host.kill();
  assert.equal(process.stops(), 1);
  assert.equal((await host.ended).reason, "QEMU was ended by SIGKILL");
  await host.close();
});

test("a QEMU that is not ours and stays is told of", async () => {
  const { peer } = await hostOf({});
  const second = tablePeer({ quit: {} });
  const client = await QmpClient.open(second.client, PATIENT);
  const host = qemuHypervisor(client, { timeoutMs: 1000, quitMs: 30 });
  await assert.rejects(host.kill(), /told to quit and is there/);
  peer.end();
  await host.close();
  assert.equal((await host.ended).reason, "the QMP connection was closed on this side");
});
