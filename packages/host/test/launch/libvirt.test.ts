// SPDX-License-Identifier: Apache-2.0
// Launches through libvirt, with an imitation of virsh that answers as on a host with SEV: what is
// defined, what is compared, and that the secret goes there only when it should.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { base64Decode, base64Encode } from "@greenlight/core/bytes";
import { launchMeasurement } from "@greenlight/core/launch";
import { launchCandidates, parseLaunchPlan } from "@greenlight/core/launch-appraisal";
import { openSecret, parseSecretTable } from "@greenlight/core/session";
import { libvirtXml } from "../../src/machine/index.ts";
import { machineOf } from "../../src/launch/hosts/guest.ts";
import { LibvirtLaunchHost } from "../../src/launch/hosts/libvirt.ts";
import { runLaunch } from "../../src/launch/run.ts";
import { testFolder } from "../support/qemu.ts";
import { imitationVirsh } from "../support/virsh.ts";
import { testPlatform } from "./imitation.ts";
import { PASSPHRASE, POLICY, context, materials, readRecord } from "./support.ts";

const platform = testPlatform();

const PLAN = parseLaunchPlan({
  schema: "greenlight/launch-plan/v1",
  name: "test",
  generation: "sev",
  guest: { firmware: "/fw/OVMF.fd", kernel: "/k/vmlinuz", initrd: "/k/initrd", cmdline: "quiet" },
  host: { libvirt: { domain: "vm1" } },
});

const files = { godhFile: "/s/godh", sessionFile: "/s/session" };
const xml = libvirtXml(
  machineOf(
    { plan: PLAN, policy: POLICY },
    {
      qemu: { major: 9, minor: 1 },
      platform: { cbitpos: 51, reducedPhysBits: 1 },
      files,
      channel: "/run/owner",
    },
  ),
  { godh: new Uint8Array(2084), session: new Uint8Array(128) },
);

function nodeInfo(): string {
  const exported = platform.sev.pdhCertExport();
  if (exported.status !== "SUCCESS") throw new Error(exported.status);
  return `pdh : ${base64Encode(exported.pdh)}\ncert-chain : ${base64Encode(exported.certs)}\n`;
}

interface Call {
  readonly args: readonly string[];
  readonly files: readonly { readonly content: string }[];
}

/**
 * A launch whose measurement is what `measured` makes of the session's key.
 * @param resumed State of the domain once it is resumed.
 */
async function launched(
  t: TestContext,
  measured: (tik: Uint8Array) => Uint8Array,
  resumed = "running (unpaused)",
) {
  const folder = await testFolder(t);
  const answers = {
    version: "Using library: libvirt 9.0.0\nRunning hypervisor: QEMU 7.2.22\n",
    nodesevinfo: nodeInfo(),
    domstate: "paused (user)\n",
    dumpxml: xml,
    define: "",
    start: "",
    domsetlaunchsecstate: "",
    resume: "",
    destroy: "",
    undefine: "",
  };
  const { virsh, calls } = await imitationVirsh(folder, answers);
  const options = { virsh, folder, timeoutMs: 300_000 };
  const host = new LibvirtLaunchHost({ plan: PLAN, policy: POLICY }, PLAN.host.libvirt!, options);
  t.after(async () => host.close());
  const given = materials(platform);
  const prepared = await runLaunch(given, context(host, folder, { until: "prepare" }));
  assert.equal(prepared.state, "offered", prepared.reason);
  const kept = readFileSync(join(folder, "session", "test_tk.bin"));
  const [tek, tik] = [kept.subarray(0, 16), kept.subarray(16)];
  const domlaunchsecinfo = [
    `sev-measurement: ${base64Encode(measured(tik))}`,
    "sev-api-major  : 1\nsev-api-minor  : 55\nsev-build-id   : 24",
    `sev-policy     : ${POLICY}`,
  ].join("\n");
  await imitationVirsh(folder, { ...answers, domlaunchsecinfo });
  const result = await runLaunch(
    given,
    context(host, folder, {
      onEntry({ step }) {
        const replace = (from: string, to: string): void =>
          writeFileSync(virsh, readFileSync(virsh, "utf8").replace(from, to));
        if (step === "resuming") replace("paused (user)", resumed);
        if (step === "refusing") replace("paused (user)", "shut off (destroyed)");
      },
    }),
  );
  await result.guest?.close();
  // As the command does when it is done with the host.
  await host.close();
  const made = readFileSync(calls, "utf8").trimEnd().split("\n");
  const commands = made.map((line) => JSON.parse(line) as Call);
  const named = (name: string) => commands.filter(({ args }) => args.includes(name));
  assert.deepEqual(readRecord(result.record).problems, []);
  return { result, named, keys: { tek, tik } };
}

const api = { apiMajor: 1, apiMinor: 55, buildId: 24 };
const mnonce = new Uint8Array(16).fill(3);

test("the planned guest is defined, started paused, given its secret and resumed", async (t) => {
  const [candidate] = launchCandidates(materials(platform).expectation);
  const { digest } = candidate!;
  let measure = new Uint8Array(0);
  const { result, named, keys } = await launched(t, (tik) => {
    measure = Uint8Array.from(launchMeasurement({ ...api, tik, policy: POLICY, digest, mnonce }));
    return Buffer.concat([measure, mnonce]);
  });
  assert.equal(result.state, "running", result.reason);
  assert.deepEqual([...named("destroy"), ...named("undefine")], [], "a guest that runs stays");
  const [define] = named("define");
  assert.match(define?.files[0]?.content ?? "", /<launchSecurity type=.sev. kernelHashes=.yes.>/);
  assert.ok(named("start")[0]?.args.includes("--paused"));
  assert.equal(named("resume").length, 1);
  const [inject] = named("domsetlaunchsecstate");
  const [header = "", payload = ""] = (inject?.files ?? []).map(({ content }) => content.trim());
  const opened = openSecret({
    keys,
    header: base64Decode(header),
    payload: base64Decode(payload),
    measure,
    api: { major: 1, minor: 55 },
  });
  assert.ok(opened.status === "ok", opened.status);
  const { entries } = parseSecretTable(opened.plaintext);
  assert.deepEqual(Buffer.from(entries[0]!.data), PASSPHRASE);
});

/** What the platform measures of the planned guest. */
function planned(tik: Uint8Array): Uint8Array {
  const { digest } = launchCandidates(materials(platform).expectation)[0]!;
  return Buffer.concat([
    launchMeasurement({ ...api, tik, policy: POLICY, digest, mnonce }),
    mnonce,
  ]);
}

test("a guest that powers off at once has run, and is forgotten", async (t) => {
  const { result, named } = await launched(t, planned, "shut off (shutdown)");
  assert.equal(result.state, "running", result.reason);
  assert.equal(result.reason, "The guest has run: the guest powered off");
  assert.equal(named("undefine").length, 1);
});

test("a guest that the host destroys at once has not run", async (t) => {
  const { result } = await launched(t, planned, "shut off (destroyed)");
  assert.equal(result.state, "failed", result.reason);
  assert.match(result.reason, /the domain was destroyed/);
  assert.equal(result.released, "yes");
});

test("another guest is destroyed and forgotten, and gets nothing", async (t) => {
  const { result, named } = await launched(t, () => new Uint8Array(48));
  assert.equal(result.state, "refused", result.reason);
  assert.equal(named("domsetlaunchsecstate").length, 0);
  assert.equal(named("resume").length, 0);
  assert.ok(named("destroy").length >= 1);
  assert.equal(named("undefine").length, 1);
});
