// SPDX-License-Identifier: Apache-2.0
// Launches of SEV-SNP: evidence of a running guest over the owner channel, and a secret that only the
// reported key opens. The host that carries the channel may do with it what it likes.

import assert from "node:assert/strict";
import { constants, createHash, generateKeyPairSync, privateDecrypt } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { duplexPair } from "node:stream";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, test } from "node:test";
import { DEFAULT_POLICY, verifyEvidence } from "@greenlight/core/appraisal";
import { base64Decode, base64Encode } from "@greenlight/core/bytes";
import { Endorser } from "@greenlight/core/endorsement";
import { launchCandidates } from "@greenlight/core/launch-appraisal";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import type { LaunchHost } from "../../src/launch/host.ts";
import type { GuestEnd, Hypervisor } from "../../src/launch/hypervisor.ts";
import type { SnpMaterials } from "../../src/launch/materials.ts";
import { runLaunch } from "../../src/launch/run.ts";
import { QmpError } from "../../src/qmp/error.ts";
import { PASSPHRASE, context, readRecord, snpMaterials, temporaryFolder } from "./support.ts";

const hierarchy = createHierarchy({ line: "Milan" });
const vcek = hierarchy.vcek();
const AT = Date.UTC(2026, 10, 21);

const [planned] = launchCandidates(snpMaterials.expectation);

const materials: SnpMaterials = {
  ...snpMaterials,
  async verifyEvidence({ report }, binding) {
    const certificates = [vcek.der, hierarchy.ask.der, hierarchy.ark.der].map((der) => ({
      der,
      from: "the test",
    }));
    const nothing = { extras: [], encodings: [], notes: [] };
    return verifyEvidence(
      { form: "report", report, certificates, ...nothing },
      {
        endorser: new Endorser({ roots: [hierarchy.trustRoot()] }),
        policy: DEFAULT_POLICY,
        at: AT,
        binding,
      },
    );
  },
};

/** What the guest does, where it does not do as it should. */
interface GuestOptions {
  readonly measurement?: Uint8Array;
  readonly policy?: bigint;
  /** REPORT_DATA is over this key in place of its own. */
  readonly boundTo?: Uint8Array;
  /** REPORT_DATA is over this nonce. */
  readonly nonce?: Uint8Array;
  /** Said in place of its evidence. */
  readonly says?: string;
  /** Ends before it has said anything. */
  readonly dies?: true;
  /** Powers off once it is judged, before it can be asked whether it runs. */
  readonly brief?: true;
}

/** A guest of the imitated host, and what it got. */
class SnpGuest {
  readonly keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  secret: Uint8Array | undefined;
  refused = false;
  readonly #options: GuestOptions;

  constructor(options: GuestOptions) {
    this.#options = options;
  }

  async speak(port: Duplex): Promise<void> {
    port.write("kernel: noise on the port\r\nhello greenlight-owner/v1\r\n");
    for await (const line of linesOf(port)) {
      const [word = "", value = ""] = line.split(" ");
      if (word === "nonce") port.write(`${this.#evidence(base64Decode(value))}\n`);
      if (word === "refused") this.refused = true;
      if (word === "secret") this.secret = opened(this.keys.privateKey, base64Decode(value));
    }
  }

  #evidence(given: Uint8Array): string {
    const { measurement, policy, boundTo, nonce = given, says } = this.#options;
    if (says !== undefined) return says;
    const key = this.keys.publicKey.export({ type: "spki", format: "der" });
    const reportData = createHash("sha512")
      .update(nonce)
      .update(boundTo ?? key)
      .digest();
    const report = vcek.report(3, {
      reportData,
      measurement: measurement ?? planned!.digest,
      policy: policy ?? 0x30000n,
    });
    return `evidence ${base64Encode(key)} ${base64Encode(report)} -`;
  }
}

function opened(key: KeyObject, sealed: Uint8Array): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  return privateDecrypt({ key, padding, oaepHash: "sha256" }, sealed);
}

async function* linesOf(port: Duplex): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of port) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

class SnpHost implements LaunchHost {
  readonly kind = "imitation";
  readonly ownsGuest = false;
  readonly starts = true;
  readonly guest: SnpGuest;
  state: "none" | "stopped" | "running" | "gone" = "none";
  readonly #dies: boolean;
  readonly #brief: boolean;
  readonly #ended = Promise.withResolvers<GuestEnd>();
  readonly #pair = duplexPair();

  constructor(options: GuestOptions) {
    this.guest = new SnpGuest(options);
    this.#dies = options.dies === true;
    this.#brief = options.brief === true;
  }

  describe() {
    return {};
  }
  async check() {
    return [];
  }
  async platformExport(): Promise<never> {
    throw new Error("SEV-SNP needs none");
  }
  async channel(): Promise<Duplex> {
    return this.#pair[0];
  }
  async close(): Promise<void> {
    this.#end();
  }

  async open(): Promise<Hypervisor> {
    this.state = "stopped";
    const never = async (): Promise<never> => {
      throw new Error("not for SEV-SNP");
    };
    return {
      kind: "imitation",
      version: "imitation 1",
      platformExport: never,
      launchMeasurement: never,
      attestationReport: never,
      injectSecret: never,
      launchInfo: never,
      runState: async () => {
        if (this.#brief) {
          this.#ended.resolve({ reason: "the guest powered off", byGuest: true });
          throw new QmpError("closed", "QEMU closed the QMP connection");
        }
        return this.state === "running" ? "running" : "prelaunch";
      },
      resume: async () => {
        this.state = "running";
        if (this.#dies) this.#end();
        else void this.guest.speak(this.#pair[1]).catch(() => undefined);
      },
      kill: async () => this.#end(),
      ended: this.#ended.promise,
      close: async () => undefined,
    };
  }

  #end(): void {
    this.state = "gone";
    this.#pair[1].destroy();
    this.#ended.resolve({ reason: "the guest is gone" });
  }
}

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function launched(options: GuestOptions = {}, more: Partial<SnpMaterials> = {}) {
  const host = new SnpHost(options);
  const result = await runLaunch({ ...materials, ...more }, context(host, folder.path));
  const record = readRecord(result.record);
  assert.deepEqual(record.problems, []);
  return { host, result, record };
}

test("a guest that is as planned gets its secret, encrypted to its key", async () => {
  const { host, result } = await launched();
  assert.equal(result.state, "running", result.reason);
  assert.equal(result.released, "yes");
  // What was written may still be on its way to the guest.
  while (host.guest.secret === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(Buffer.from(host.guest.secret), PASSPHRASE);
  await result.guest?.kill();
});

test("a channel that comes when nobody waits for it any more is closed", async () => {
  const host = new SnpHost({});
  const late = Promise.withResolvers<Duplex>();
  host.channel = async () => late.promise;
  const stop = new AbortController();
  const onEntry = ({ step }: { readonly step: string }): void => {
    if (step === "launched") stop.abort();
  };
  const given = context(host, folder.path, { signal: stop.signal, onEntry });
  const result = await runLaunch(materials, given);
  assert.equal(result.state, "failed", result.reason);
  const [port] = duplexPair();
  late.resolve(port);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(port.destroyed, true, "it would keep the process from ending");
});

test("a guest that powers off as soon as it has its secret has run", async () => {
  const host = new SnpHost({ brief: true });
  const result = await runLaunch(materials, context(host, folder.path));
  assert.equal(result.state, "running", result.reason);
  assert.equal(result.released, "yes");
  assert.match(result.reason, /The guest has run: the guest powered off/);
  assert.deepEqual(readRecord(result.record).problems, []);
});

describe("a guest is refused, told so, and ended", () => {
  const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({
    type: "spki",
    format: "der",
  });
  const rows: readonly (readonly [string, GuestOptions, string])[] = [
    ["for another digest", { measurement: new Uint8Array(48) }, "launch.measurement.mismatch"],
    ["for another policy", { policy: 0xb0000n }, "launch.policy.differs"],
    ["for a report about another key", { boundTo: other }, "snp.report-data.binding-mismatch"],
    [
      "for a report over an old nonce",
      { nonce: new Uint8Array(32) },
      "snp.report-data.binding-mismatch",
    ],
  ];
  for (const [what, options, id] of rows) {
    test(what, async () => {
      const { host, result, record } = await launched(options);
      assert.equal(result.state, "refused", result.reason);
      assert.equal(result.released, "no");
      assert.ok(result.findings.some((each) => each.id === id && each.outcome === "fail"));
      assert.equal(host.guest.secret, undefined);
      assert.equal(host.state, "gone");
      assert.equal(record.entries.at(-1)?.state, "refused");
    });
  }
});

describe("nothing is released over a channel that", () => {
  const rows: readonly (readonly [string, GuestOptions, RegExp])[] = [
    ["talks otherwise", { says: "evidence" }, /does not answer with evidence/],
    ["says too much", { says: "evidence a b c d" }, /more than evidence/],
    ["is no base64", { says: "evidence ! ! -" }, /no base64/],
    ["never ends a line", { says: "x".repeat(300_000) }, /line|evidence/],
    ["is cut", { dies: true }, /closed|ended|gone/],
  ];
  for (const [what, options, words] of rows) {
    test(what, async () => {
      const { host, result, record } = await launched(options);
      assert.equal(result.state, "failed");
      assert.match(result.reason, words);
      assert.equal(result.released, "no");
      assert.equal(host.guest.secret, undefined);
      assert.equal(host.state, "gone");
      assert.equal(record.entries.at(-1)?.state, "failed");
    });
  }

  test("stays silent", async () => {
    const { host, result } = await launched(
      { says: "" },
      { deadlines: { start: 60_000, evidence: 100 } },
    );
    assert.equal(result.state, "failed");
    assert.equal(host.guest.secret, undefined);
  });
});
