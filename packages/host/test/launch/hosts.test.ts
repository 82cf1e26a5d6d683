// SPDX-License-Identifier: Apache-2.0
// Hosts of plans: what is started for one, and what files and words of a plan are read.

import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { parseLaunchPlan } from "@greenlight/core/launch-appraisal";
import type { LaunchPlan } from "@greenlight/core/launch-appraisal";
import { lintQemuArguments, qemuArguments } from "../../src/machine/index.ts";
import { machineOf } from "../../src/launch/hosts/guest.ts";
import type { MachineFacts } from "../../src/launch/hosts/guest.ts";
import { launchHost } from "../../src/launch/hosts/index.ts";
import { labFaults } from "../../src/launch/hosts/lab-faults.ts";
import { QmpLaunchHost } from "../../src/launch/hosts/qmp.ts";
import { SessionFolder } from "../../src/launch/session-folder.ts";
import { startFailure } from "../../src/launch/start-failure.ts";
import { runLaunch } from "../../src/launch/run.ts";
import { context, readRecord, snpMaterials, temporaryFolder } from "./support.ts";

const folder = temporaryFolder();
after(() => folder.remove());

const file = (name: string, content: string): string => {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
};

function plan(generation: string, guest: object = {}): LaunchPlan {
  return parseLaunchPlan({
    schema: "greenlight/launch-plan/v1",
    name: "web",
    generation,
    guest: { firmware: "/fw/OVMF.fd", kernel: "/k/vmlinuz", cmdline: "quiet", ...guest },
    host: { qemu: {} },
  });
}

const FACTS: MachineFacts = {
  qemu: { major: 9, minor: 2 },
  platform: { cbitpos: 51, reducedPhysBits: 1 },
  files: { godhFile: "/s/web_godh.b64", sessionFile: "/s/web_session.b64" },
  qmp: "/s/qmp",
  channel: "/s/owner",
};

describe("the machine of a plan has nothing that its own check objects to", () => {
  const rows = [
    { plan: plan("sev"), policy: 0x0b },
    { plan: plan("sev-es", { vcpus: 4 }), policy: 0x0f },
    { plan: plan("sev-snp"), policy: 0x30000n, hostData: new Uint8Array(32) },
  ] as const;
  for (const guest of rows) {
    test(guest.plan.generation, () => {
      const args = qemuArguments(machineOf(guest, FACTS));
      const found = lintQemuArguments(args).filter(
        ({ outcome }) => outcome === "fail" || outcome === "unknown",
      );
      assert.deepEqual(found, []);
      assert.ok(args.includes("-S"));
      const isSnp = guest.plan.generation === "sev-snp";
      assert.equal(
        args.some((arg) => arg.includes("org.greenlight.owner")),
        isSnp,
      );
    });
  }
});

describe("the command line of a running QEMU", () => {
  const check = async (content: string) => {
    const host = new QmpLaunchHost(
      { socket: "/nowhere", arguments: file("cmdline", content) },
      undefined,
    );
    return (await host.check()).filter(({ outcome }) => outcome === "fail").map(({ id }) => id);
  };

  test("is read as a list in JSON and as /proc has it, and checked", async () => {
    const args = qemuArguments(machineOf({ plan: plan("sev"), policy: 0x0b }, FACTS));
    assert.deepEqual(await check(JSON.stringify(args)), []);
    const running = args.filter((arg) => arg !== "-S");
    assert.deepEqual(await check(`qemu-system-x86_64\0${running.join("\0")}\0`), [
      "machine.start.unpaused",
    ]);
  });

  test("keeps its empty arguments, behind which another would hide", async () => {
    const args = qemuArguments(machineOf({ plan: plan("sev"), policy: 0x0b }, FACTS));
    const running = ["qemu-system-x86_64", ...args, "-append", "", "-shim", "x.efi"];
    assert.deepEqual(await check(`${running.join("\0")}\0`), ["machine.boot-blob.unmeasured"]);
  });

  test("is refused when it is neither", async () => {
    for (const content of ["[1]", "[", '[["a"]]']) {
      await assert.rejects(check(content), { code: "host-unsupported" });
    }
  });

  test("is missed when it is not given", async () => {
    const [finding] = await new QmpLaunchHost({ socket: "/nowhere" }, undefined).check();
    assert.equal(finding?.outcome, "warn");
  });
});

describe("a domain of libvirt that is defined from a plan", () => {
  const host = (generation: string, policy: number | bigint) => {
    const libvirt = {
      uri: "test:///default",
      domain: "web",
      define: true,
      cbitpos: 51,
      reducedPhysBits: 1,
    };
    const given = { ...plan(generation), host: { libvirt } };
    return launchHost({ plan: given, policy }, { folder: "/" });
  };
  for (const [generation, policy] of [
    ["sev", 0x0b],
    ["sev-es", 0x0f],
    ["sev-snp", 0x30000n],
  ] as const) {
    test(`has nothing that its own check objects to: ${generation}`, async () => {
      const files = generation === "sev-snp" ? undefined : FACTS.files;
      const found = await (await host(generation, policy)).check(files);
      assert.ok(found.length > 10);
      assert.deepEqual(
        found.filter(({ outcome }) => outcome === "fail" || outcome === "unknown"),
        [],
      );
    });
  }
});

describe("faults of the lab host", () => {
  test("are read from words, with paths from the plan's folder", async () => {
    const faults = await labFaults(
      [
        "kernel=evil",
        "session=old/web",
        "policy=0x1",
        "packet=header",
        "drop=query-sev",
        "kill-at=cont",
      ],
      "/plans",
    );
    assert.deepEqual(faults, {
      kernel: "/plans/evil",
      session: { godhFile: "/plans/old/web_godh.b64", sessionFile: "/plans/old/web_session.b64" },
      policy: 1n,
      packet: "header",
      messages: [{ kind: "drop", command: "query-sev" }],
      killAt: "cont",
    });
  });

  test("are refused when there are none such", async () => {
    for (const word of [
      "nothing",
      "nothing=1",
      "policy=x",
      "packet=all",
      "measurement=zz",
      "chain=/x",
    ]) {
      await assert.rejects(labFaults([word], "/plans"), { code: "host-unsupported" });
    }
  });
});

test("a program that is not there is told by name", async () => {
  const given = plan("sev");
  const host = { qemu: { ...given.host.qemu!, binary: "/nowhere/qemu" } };
  const guest = { plan: { ...given, host }, policy: 0x0b };
  await assert.rejects(launchHost(guest, { folder: "/" }), { code: "no-qemu" });
});

test("a QEMU whose launch the processor refuses is a launch that is refused", async () => {
  const said = "qemu: SNP_LAUNCH_FINISH ret=-5 fw_error=11 'Bad measurement'";
  const binary = file(
    "qemu",
    `#!/bin/sh\nif [ "$1" = --version ]; then echo "QEMU emulator version 9.2.0"; exit; fi\n` +
      `echo "${said}" >&2\nexit 1\n`,
  );
  chmodSync(binary, 0o755);
  const given = plan("sev-snp");
  const guest = {
    plan: { ...given, host: { qemu: { ...given.host.qemu!, binary } } },
    policy: 0x30000n,
  };
  const host = await launchHost(guest, { folder: "/" });
  const session = join(folder.path, "refused");
  const result = await runLaunch(snpMaterials, context(host, folder.path, { folder: session }));
  assert.equal(result.state, "refused", result.reason);
  assert.ok(result.findings.some(({ id }) => id === "launch.start.refused"));
  const record = readRecord(result.record);
  assert.deepEqual(record.problems, []);
  const starting = record.entries.find(({ step }) => step === "starting");
  assert.match(JSON.stringify(starting?.detail), /sev-snp-guest/);
});

describe("last words of a hypervisor", () => {
  const rows = [
    ["sev_launch_start: LAUNCH_START ret=1 fw_error=11 'Bad measurement'", /BAD_MEASUREMENT/],
    ["sev_launch_start: LAUNCH_START ret=1 fw_error=7 'Policy is not allowed'", /POLICY_FAILURE/],
    ["LAUNCH_START ret=1 fw_error=6 'Certificate is invalid'", /INVALID_CERTIFICATE/],
    ["SNP_LAUNCH_FINISH ret=-5 fw_error=11 'Bad measurement'", /ID block/],
    ["SNP_LAUNCH_FINISH ret=-5 fw_error=10 'Bad signature'", /signature/],
    ["SNP_LAUNCH_FINISH ret=-5 fw_error=7 'Policy is not allowed'", /policy/],
  ] as const;
  for (const [text, words] of rows) {
    test(text, () => assert.match(startFailure(`qemu: ${text}`)?.title ?? "", words));
  }

  test("that mean nothing known", () => {
    assert.equal(startFailure("Could not open 'disk.img'"), undefined);
  });
});

test("a QEMU that is just being started when its host is closed is ended", async () => {
  const pidFile = join(folder.path, "pid");
  const script = file(
    "imitated-qemu",
    `#!/bin/sh\n[ "$1" = --version ] && exec echo 'QEMU emulator version 9.2.0'\n` +
      `echo $$ > '${pidFile}'\nexec sleep 600\n`,
  );
  chmodSync(script, 0o700);
  const given = { ...plan("sev"), host: { qemu: { ...plan("sev").host.qemu!, binary: script } } };
  const host = await launchHost({ plan: given, policy: 0x0b }, { folder: folder.path });
  const opening = host.open(FACTS.files, new AbortController().signal);
  const refused = assert.rejects(opening, { code: "guest-ended" });
  await host.close();
  await refused;
  // It may have been ended before it could write its id.
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, "utf8"));
  if (pid > 0) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" });
});

describe("a session folder", () => {
  test("that others may enter is refused", async () => {
    const path = join(folder.path, "open");
    mkdirSync(path, { mode: 0o755 });
    await assert.rejects(SessionFolder.open(path, "web"), { code: "session-folder" });
  });

  test("that is a file is refused", async () => {
    await assert.rejects(SessionFolder.open(file("plain", ""), "web"), { code: "session-folder" });
  });

  test("takes no key file through a link", async () => {
    const session = await SessionFolder.open(join(folder.path, "linked"), "web");
    symlinkSync(join(folder.path, "elsewhere"), join(session.path, "web_tk.bin"));
    const bytes = new Uint8Array(16);
    const made = { godh: bytes, session: bytes, policy: 1, keys: { tek: bytes, tik: bytes } };
    const facts = { pdh: "00".repeat(32), plan: "00".repeat(32), policy: 1 };
    await assert.rejects(session.offer(made, facts), { code: "session-used" });
  });

  test("without a session says so", async () => {
    const session = await SessionFolder.open(join(folder.path, "fresh"), "web");
    await assert.rejects(session.claim(), { code: "no-session" });
    await assert.rejects(session.claim(), { code: "session-used" });
    await session.forgetKeys();
  });
});
