// SPDX-License-Identifier: Apache-2.0
// libvirt through an imitation of virsh that answers as on a host with SEV: how it is called, how its
// answers are read, and what is refused.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { LibvirtDomain, LibvirtError, libvirtHypervisor } from "@greenlight/host/libvirt";
import type { LibvirtErrorCode } from "@greenlight/host/libvirt";
import { testFolder } from "../support/qemu.ts";
import { imitationVirsh } from "../support/virsh.ts";
import type { VirshTable } from "../support/virsh.ts";

const base64 = (size: number, fill: number): string => Buffer.alloc(size, fill).toString("base64");

const SEV_INFO = [
  `sev-measurement: ${base64(48, 4)}`,
  "sev-api-major  : 1",
  "sev-api-minor  : 55",
  "sev-build-id   : 24",
  "sev-policy     : 3",
].join("\n");

/** Formats of virsh 9.0 and 12.8. */
const TABLE = {
  version:
    "Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.0\nUsing API: QEMU 9.0.0\nRunning hypervisor: QEMU 7.2.22\n\n",
  domstate: "paused (user)\n\n",
  nodesevinfo: [
    `pdh               : ${base64(2084, 1)}`,
    `cert-chain        : ${base64(6252, 2)}`,
    `cpu0-id           : ${base64(64, 3)}`,
    "cbitpos           : 51",
    "reduced-phys-bits : 1",
    "max-guests        : 410",
    "max-es-guests     : 99",
  ].join("\n"),
  domlaunchsecinfo: SEV_INFO,
  domsetlaunchsecstate: "",
  resume: "",
  destroy: "",
  define: "",
  start: "",
  "qemu-monitor-command": JSON.stringify({ return: { data: base64(208, 5) }, id: "libvirt-9" }),
} as const satisfies VirshTable;

interface Call {
  readonly args: readonly string[];
  readonly files: readonly {
    readonly content: string;
    readonly mode: number;
    readonly folder: number;
  }[];
  readonly locale: string;
}

async function setUp(t: TestContext, table: VirshTable) {
  const folder = await testFolder(t);
  const { virsh, calls } = await imitationVirsh(folder, table);
  const options = { virsh, domain: "vm1", uri: "qemu:///system", folder, timeoutMs: 300_000 };
  return {
    folder,
    options,
    domain: new LibvirtDomain(options),
    calls: async (): Promise<readonly Call[]> =>
      (await readFile(calls, "utf8"))
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Call),
  };
}

test("a launch through libvirt", async (t) => {
  const { options, calls, folder } = await setUp(t, TABLE);
  const host = await libvirtHypervisor(options);
  t.after(async () => host.close());
  assert.equal(host.kind, "libvirt");
  assert.equal(host.version, "libvirt 9.0.0, QEMU 7.2.22");
  assert.equal(await host.runState(), "paused");
  assert.deepEqual(await host.launchInfo(), {
    type: "sev",
    apiMajor: 1,
    apiMinor: 55,
    buildId: 24,
    policy: 3,
  });
  assert.deepEqual(await host.platformExport(), {
    pdh: new Uint8Array(2084).fill(1),
    certChain: new Uint8Array(6252).fill(2),
    cpu0Id: new Uint8Array(64).fill(3),
  });
  assert.deepEqual(await host.launchMeasurement(), new Uint8Array(48).fill(4));
  assert.deepEqual(await host.attestationReport(new Uint8Array(16)), new Uint8Array(208).fill(5));
  const header = new Uint8Array(52).fill(7);
  const payload = new Uint8Array(32).fill(8);
  await host.injectSecret({ header, payload, gpa: 0x81_0000n });
  await host.resume();
  const made = await calls();
  assert(made.every(({ args, locale }) => args[0] === "--quiet" && locale === "C"));
  assert(made.every(({ args }) => args[1] === "--connect" && args[2] === "qemu:///system"));
  const injected = made.find(({ args }) => args[3] === "domsetlaunchsecstate");
  assert.deepEqual(
    injected?.args.map((arg) => arg.replace(/^.*greenlight-virsh-[^/]*\//, "")),
    [
      ["--quiet", "--connect", "qemu:///system", "domsetlaunchsecstate", "vm1"],
      ["--secrethdr", "header", "--secret", "payload", "--set-address", "0x810000"],
    ].flat(),
  );
  assert.deepEqual(injected?.files, [
    { content: base64(52, 7), mode: 0o600, folder: 0o700 },
    { content: base64(32, 8), mode: 0o600, folder: 0o700 },
  ]);
  assert.deepEqual((await readdir(folder)).toSorted(), ["calls", "virsh"]);
});

test("SEV-SNP, and no launch security", async (t) => {
  const snp = SEV_INFO.replace("sev-policy     : 3", "sev-snp-policy : 196608").replace(
    /^.*\n/,
    "",
  );
  const first = await setUp(t, { ...TABLE, domlaunchsecinfo: snp });
  assert.deepEqual(await first.domain.launchInfo(), {
    type: "sev-snp",
    apiMajor: 1,
    apiMinor: 55,
    buildId: 24,
    snpPolicy: 0x3_0000n,
  });
  const second = await setUp(t, { ...TABLE, domlaunchsecinfo: "\n" });
  assert.deepEqual(await second.domain.launchInfo(), { type: "none" });
});

test("defining and starting", async (t) => {
  const { domain, calls } = await setUp(t, { ...TABLE, dumpxml: "<domain/>\n" });
  await domain.define("<domain type='kvm'/>");
  await domain.startPaused();
  assert.equal(await domain.xml(), "<domain/>\n");
  const [define, start] = await calls();
  assert.equal(define?.files[0]?.content, "<domain type='kvm'/>");
  assert.equal(define?.args.at(-1), "--validate");
  assert.deepEqual(start?.args.slice(3), ["start", "vm1", "--paused"]);
});

test("answers of another shape, and refusals", async (t) => {
  type Ask = (domain: LibvirtDomain) => Promise<unknown>;
  const info: Ask = async (domain) => domain.launchInfo();
  const measure: Ask = async (domain) => domain.launchMeasurement();
  const platform: Ask = async (domain) => domain.platformExport();
  const state: Ask = async (domain) => domain.state();
  const report: Ask = async (domain) => domain.attestationReport(new Uint8Array(16));
  const sev = (what: RegExp | string, by: string): VirshTable => ({
    domlaunchsecinfo: SEV_INFO.replace(what, by),
  });
  const cases: readonly (readonly [string, VirshTable, Ask, LibvirtErrorCode, RegExp])[] = [
    ["a number too large", sev("55", "256"), info, "protocol", /no number as sev-api-minor/],
    ["no number", sev("55", "many"), info, "protocol", /no number as sev-api-minor/],
    ["no policy", sev(/\n.*$/, ""), info, "protocol", /no number as sev-policy/],
    ["a short measurement", sev(/: BAQE/, ": "), measure, "protocol", /no sev-measurement of 48/],
    ["not base64", sev(/: BAQE/, ": !!!!"), measure, "protocol", /no sev-measurement of 48/],
    ["no measurement", { domlaunchsecinfo: "" }, measure, "protocol", /no sev-measurement/],
    [
      "no certificates",
      { nodesevinfo: "cbitpos : 51" },
      platform,
      "protocol",
      /no pdh of 2084 bytes/,
    ],
    ["no state", { domstate: "!" }, state, "protocol", /gave no state/],
    [
      "a report that is not JSON",
      { "qemu-monitor-command": "x" },
      report,
      "protocol",
      /no attestation/,
    ],
    [
      "a report refused by QEMU",
      { "qemu-monitor-command": '{"error":{"class":"GenericError","desc":"SEV is not enabled"}}' },
      report,
      "refused",
      /SEV is not enabled/,
    ],
    [
      "a host without SEV",
      {
        nodesevinfo:
          "error: Unable to get host SEV information\nerror: Operation not supported: QEMU does not support SEV guest",
      },
      platform,
      "refused",
      /^virsh nodesevinfo failed: Unable to get host SEV information: Operation not supported/,
    ],
    [
      "no connection",
      { domstate: "error: failed to connect to the hypervisor\nerror: Failed to connect socket" },
      state,
      "no-connection",
      /cannot be reached: .*Failed to connect socket/,
    ],
    [
      "no such domain",
      { domstate: "error: failed to get domain 'vm1'" },
      state,
      "no-domain",
      /vm1/,
    ],
    ["no words", { domstate: "error:" }, state, "refused", /virsh domstate failed/],
    ["output without end", { domstate: "endless" }, state, "protocol", /answered without end/],
  ];
  for (const [name, table, ask, code, words] of cases) {
    await t.test(name, async (each) => {
      const { domain } = await setUp(each, table);
      await assert.rejects(ask(domain), (error: unknown) => {
        assert(error instanceof LibvirtError, String(error));
        assert.equal(error.code, code);
        assert.match(error.message, words);
        return true;
      });
    });
  }
});

test("a virsh that hangs, is absent, or would take a name for an option", async (t) => {
  const { options } = await setUp(t, { domstate: "silent" });
  const silent = new LibvirtDomain({ ...options, timeoutMs: 300 });
  await assert.rejects(silent.state(), { name: "LibvirtError", code: "timeout" });
  const absent = new LibvirtDomain({ ...options, virsh: "/nonexistent/virsh" });
  await assert.rejects(absent.state(), { code: "no-virsh" });
  for (const domain of ["--all", "", "a b", "a\nb", "x".repeat(200)]) {
    assert.throws(() => new LibvirtDomain({ domain }), { code: "bad-name" });
  }
});

test("the end of a domain, however it is told", async (t) => {
  for (const [domstate, end] of [
    ["shut off (destroyed)", { reason: "the domain was destroyed" }],
    ["shut off (shutdown)", { reason: "the guest powered off", byGuest: true }],
    ["crashed (panicked)", { reason: "libvirt says: crashed (panicked)" }],
  ] as const) {
    const { options } = await setUp(t, { ...TABLE, domstate });
    const host = await libvirtHypervisor(options);
    assert.deepEqual(await host.ended, end);
    if (domstate.startsWith("shut off")) await host.kill();
  }
});

test("a domain that does not end is told of, and one that cannot be destroyed", async (t) => {
  const first = await setUp(t, TABLE);
  const host = await libvirtHypervisor({ ...first.options, goneMs: 50 });
  await assert.rejects(host.kill(), { code: "timeout" });
  await host.close();
  assert.equal((await host.ended).reason, "the domain is not watched any more");
  const second = await setUp(t, { ...TABLE, destroy: "error: Permission denied" });
  const refused = await libvirtHypervisor(second.options);
  await assert.rejects(refused.kill(), { code: "refused" });
  await refused.close();
});
