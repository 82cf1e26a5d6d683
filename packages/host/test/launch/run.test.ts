// SPDX-License-Identifier: Apache-2.0
// Launches of SEV from plan to running guest, and every reason to refuse one.

import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { AMD_SEV_ROOTS } from "@greenlight/core/sev-endorsement";
import { parseSecretTable } from "@greenlight/core/session";
import type { Platform } from "@greenlight/psp/platform";
import { platformVerifier } from "../../src/launch/platform.ts";
import { runLaunch } from "../../src/launch/run.ts";
import { ImitationHost, testPlatform } from "./imitation.ts";
import type { ImitationOptions } from "./imitation.ts";
import {
  PASSPHRASE,
  POLICY,
  context,
  materials,
  measuredPieces,
  readRecord,
  temporaryFolder,
} from "./support.ts";

let platform: Platform;
let folder: ReturnType<typeof temporaryFolder>;
before(() => {
  platform = testPlatform();
});
beforeEach(() => {
  folder = temporaryFolder();
});
const folders: (() => void)[] = [];
after(() => folders.forEach((remove) => remove()));

function host(more: Partial<ImitationOptions> = {}): ImitationHost {
  folders.push(folder.remove);
  return new ImitationHost({ platform, pieces: measuredPieces(), policy: POLICY, ...more });
}

const steps = (record: string) => readRecord(record).entries.map(({ step }) => step);

describe("an honest launch", () => {
  test("is measured, released and let run", async () => {
    const honest = host();
    const result = await runLaunch(materials(platform), context(honest, folder.path));
    assert.equal(result.state, "running", result.reason);
    assert.equal(result.outcome, "accepted");
    assert.equal(result.released, "yes");
    assert.equal(honest.state, "running");
    const [table] = honest.secrets;
    assert.ok(table !== undefined);
    assert.deepEqual(Buffer.from(parseSecretTable(table).entries[0]!.data), PASSPHRASE);
    assert.deepEqual(readRecord(result.record).problems, []);
    assert.deepEqual(steps(result.record), [
      "begun",
      "prepared",
      "offered",
      "starting",
      "launched",
      "measured",
      "decided",
      "releasing",
      "released",
      "resuming",
      "running",
      "ended",
    ]);
    await result.guest?.kill();
  });

  test("leaves no keys, and a folder for nobody else", async () => {
    const honest = host();
    const result = await runLaunch(materials(platform), context(honest, folder.path));
    await result.guest?.kill();
    const session = join(folder.path, "session");
    assert.equal(statSync(session).mode & 0o777, 0o700);
    for (const name of readdirSync(session)) {
      assert.equal(statSync(join(session, name)).mode & 0o777, 0o600, name);
    }
    assert.equal(existsSync(join(session, "test_tk.bin")), false);
    assert.equal(existsSync(join(session, "record.jsonl.reserve")), false);
  });

  test("can be prepared first and carried out later", async () => {
    const first = host();
    const prepared = await runLaunch(
      materials(platform),
      context(first, folder.path, { until: "prepare" }),
    );
    assert.equal(prepared.state, "offered");
    assert.deepEqual(first.calls, ["check", "platformExport"]);
    const second = host();
    const result = await runLaunch(materials(platform), context(second, folder.path));
    assert.equal(result.state, "running", result.reason);
    assert.deepEqual(second.calls.slice(0, 2), ["check", "open"]);
    assert.deepEqual(readRecord(result.record).problems, []);
    await result.guest?.kill();
  });

  test("is judged again when it was prepared before", async () => {
    await runLaunch(materials(platform), context(host(), folder.path, { until: "prepare" }));
    const opened = host({
      findings: [{ id: "machine.nvram.present", outcome: "fail", title: "x" }],
    });
    const result = await runLaunch(materials(platform), context(opened, folder.path));
    assert.equal(result.state, "refused", result.reason);
    assert.deepEqual(opened.calls, ["check"]);
    assert.deepEqual(readRecord(result.record).problems, []);
  });

  test("has run when its guest powers off before it can be asked", async () => {
    const honest = host({ brief: "powers-off" });
    const result = await runLaunch(materials(platform), context(honest, folder.path));
    assert.equal(result.state, "running", result.reason);
    assert.equal(result.reason, "The guest has run: QEMU powers-off");
    const { entries, problems } = readRecord(result.record);
    assert.deepEqual(problems, []);
    const running = entries.find(({ step }) => step === "running");
    assert.deepEqual(running?.detail, { ended: "QEMU powers-off" });
  });

  test("has failed when its host ends it as soon as it runs", async () => {
    const result = await runLaunch(
      materials(platform),
      context(host({ brief: "quits" }), folder.path),
    );
    assert.equal(result.state, "failed", result.reason);
    assert.match(result.reason, /QEMU quits/);
    assert.deepEqual(readRecord(result.record).problems, []);
  });

  test("has its folder to itself", async () => {
    const [first, second] = [host(), host()];
    const launches = await Promise.allSettled(
      [first, second].map(async (each) =>
        runLaunch(materials(platform), context(each, folder.path)),
      ),
    );
    const done = launches.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    for (const { guest } of done) await guest?.kill();
    assert.equal(done.length, 1);
    const refused = launches.find((each) => each.status === "rejected");
    assert.match(String(refused?.reason), /another launch works in it/);
    assert.equal(first.secrets.length + second.secrets.length, 1);
    const path = join(folder.path, "session", "record.jsonl");
    assert.deepEqual(readRecord(path).problems, []);
    assert.equal(existsSync(join(folder.path, "session", "lock")), false);
  });

  test("has its keys in memory alone once the guest is started", async () => {
    let keysAtStart: boolean | undefined;
    const honest = host();
    const result = await runLaunch(
      materials(platform),
      context(honest, folder.path, {
        onEntry({ step }) {
          if (step !== "starting") return;
          keysAtStart = existsSync(join(folder.path, "session", "test_tk.bin"));
        },
      }),
    );
    assert.equal(keysAtStart, false);
    await result.guest?.kill();
  });

  test("tells every line of the record as it is written", async () => {
    const told: string[] = [];
    const honest = host();
    const onEntry = ({ step }: { readonly step: string }) => void told.push(step);
    const result = await runLaunch(materials(platform), context(honest, folder.path, { onEntry }));
    assert.deepEqual(told, steps(result.record));
    await result.guest?.kill();
  });
});

describe("a launch is refused", () => {
  const refusals: readonly {
    readonly what: string;
    readonly host: Partial<ImitationOptions>;
    readonly finding: string;
    readonly started?: false;
  }[] = [
    {
      what: "for another kernel",
      host: { pieces: measuredPieces("evil") },
      finding: "launch.measurement.mismatch",
    },
    {
      what: "for another command line",
      host: { pieces: measuredPieces("kernel", "init=/bin/sh") },
      finding: "launch.measurement.mismatch",
    },
    {
      what: "for firmware alone, without its table of hashes",
      host: { pieces: measuredPieces().slice(0, 1) },
      finding: "launch.measurement.mismatch",
    },
    {
      what: "for an old measurement",
      host: { blob: new Uint8Array(48).fill(7) },
      finding: "launch.measurement.mismatch",
    },
    {
      what: "for a cut measurement",
      host: { blob: new Uint8Array(32) },
      finding: "launch.measurement.layout",
    },
    {
      what: "for a policy that the host states otherwise",
      host: { info: { policy: 1 } },
      finding: "launch.policy.differs",
    },
    {
      what: "for another policy than the session's",
      host: { policy: 1 },
      finding: "launch.start.refused",
    },
    {
      what: "for another API build than was measured",
      host: { info: { buildId: 25 } },
      finding: "launch.measurement.mismatch",
    },
    {
      what: "for an API version that is none",
      host: { info: { apiMajor: 300 } },
      finding: "launch.api.malformed",
    },
    {
      what: "when the guest runs already",
      host: { running: true },
      finding: "launch.guest.state",
    },
    {
      what: "when the launch is in another state",
      host: { info: { state: "running" } },
      finding: "launch.guest.state",
    },
    {
      what: "for what the host's configuration lets in",
      host: { findings: [{ id: "launch.kind.mismatch", outcome: "fail", title: "found" }] },
      finding: "launch.kind.mismatch",
      started: false,
    },
  ];
  for (const { what, host: options, finding, started = true } of refusals) {
    test(what, async () => {
      const lying = host(options);
      const result = await runLaunch(materials(platform), context(lying, folder.path));
      assert.equal(result.state, "refused", result.reason);
      assert.equal(result.outcome, "rejected");
      assert.equal(result.released, "no");
      assert.deepEqual(lying.secrets, []);
      assert.ok(
        result.findings.some(({ id, outcome }) => id === finding && outcome === "fail"),
        JSON.stringify(result.findings.filter(({ outcome }) => outcome === "fail")),
      );
      assert.equal(lying.state, "gone");
      assert.equal(lying.calls.includes("open"), started);
      assert.deepEqual(readRecord(result.record).problems, []);
      assert.equal(readRecord(result.record).entries.at(-1)?.state, "refused");
      assert.equal(existsSync(join(folder.path, "session", "test_tk.bin")), false);
    });
  }

  test("on a platform whose root is not named", async () => {
    const forged = host();
    const unnamed = materials(platform);
    const verifyPlatform = platformVerifier({ certificates: [], roots: AMD_SEV_ROOTS });
    const result = await runLaunch({ ...unnamed, verifyPlatform }, context(forged, folder.path));
    assert.equal(result.state, "refused");
    assert.deepEqual(forged.calls, ["check", "platformExport"]);
    assert.deepEqual(readRecord(result.record).problems, []);
  });

  test("on a platform whose root has AMD's names and key ids over other keys", async () => {
    const other = testPlatform("Milan", "forged-amd");
    const forged = host({ platform: other });
    const { authorities } = other;
    const verifyPlatform = platformVerifier({
      certificates: [
        { name: "ask_ark.cert", bytes: Buffer.concat([authorities.ask, authorities.ark]) },
        { name: "cek.cert", bytes: other.signedCek() },
      ],
      roots: AMD_SEV_ROOTS,
    });
    const given = { ...materials(other), verifyPlatform };
    const result = await runLaunch(given, context(forged, folder.path));
    assert.equal(result.state, "refused");
    assert.equal(result.outcome, "rejected");
    assert.deepEqual(forged.calls, ["check", "platformExport"]);
  });

  test("with a session of an earlier launch, by the host", async () => {
    const first = host();
    await runLaunch(materials(platform), context(first, folder.path, { until: "prepare" }));
    const old = join(folder.path, "session", "test");
    const replaying = host({
      session: { godhFile: `${old}_godh.b64`, sessionFile: `${old}_session.b64` },
    });
    const result = await runLaunch(
      materials(platform),
      context(replaying, folder.path, { folder: join(folder.path, "second") }),
    );
    assert.equal(result.state, "refused", result.reason);
    assert.deepEqual(replaying.secrets, []);
  });

  test("for a packet that the host changed: nothing is let run", async () => {
    const tampering = host({
      tamper: (payload) => payload.map((byte, i) => (i === 3 ? byte ^ 1 : byte)),
    });
    const result = await runLaunch(materials(platform), context(tampering, folder.path));
    assert.equal(result.state, "failed");
    assert.equal(result.released, "unknown");
    assert.deepEqual(tampering.secrets, []);
    assert.equal(tampering.state, "gone");
  });
});

describe("a launch is interrupted", () => {
  for (const step of ["platformExport", "launchMeasurement", "injectSecret"] as const) {
    test(`at ${step}: the guest is ended, and the record says so`, async () => {
      const silent = host({ failures: { [step]: "silence" } });
      const controller = new AbortController();
      const { signal } = controller;
      const running = runLaunch(materials(platform), context(silent, folder.path, { signal }));
      while (!silent.calls.includes(step)) await new Promise((resolve) => setTimeout(resolve, 5));
      controller.abort();
      const result = await running;
      assert.equal(result.state, "failed");
      assert.match(result.reason, /stopped while waiting/);
      assert.equal(silent.state, "gone");
      assert.deepEqual(readRecord(result.record).problems, []);
    });
  }
});

describe("a session serves one launch", () => {
  test("a second one with it is refused by name", async () => {
    const honest = host();
    const result = await runLaunch(materials(platform), context(honest, folder.path));
    await result.guest?.kill();
    await assert.rejects(runLaunch(materials(platform), context(host(), folder.path)), {
      name: "GuestLaunchError",
      code: "session-used",
    });
  });

  test("also after a refusal before the start", async () => {
    const first = host({ findings: [{ id: "launch.kind.mismatch", outcome: "fail", title: "x" }] });
    await runLaunch(materials(platform), context(first, folder.path));
    await assert.rejects(runLaunch(materials(platform), context(host(), folder.path)), {
      code: "session-used",
    });
  });

  test("but it may be prepared more than once", async () => {
    for (let time = 0; time < 2; time++) {
      const prepared = context(host(), folder.path, { until: "prepare" });
      assert.equal((await runLaunch(materials(platform), prepared)).state, "offered");
    }
    const result = await runLaunch(materials(platform), context(host(), folder.path));
    assert.equal(result.state, "running", result.reason);
    assert.deepEqual(readRecord(result.record).problems, []);
    await result.guest?.kill();
  });

  test("and one plan", async () => {
    await runLaunch(materials(platform), context(host(), folder.path, { until: "prepare" }));
    const other = { ...materials(platform), planSha256: "cd".repeat(32) };
    const result = await runLaunch(other, context(host(), folder.path));
    assert.equal(result.state, "failed");
    assert.match(result.reason, /another plan/);
  });
});
