// SPDX-License-Identifier: Apache-2.0
// The report port of SEV-SNP guests: evidence is read over it as over configfs-tsm, and whatever else
// comes through it does no harm.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import fc from "fast-check";
import { decodeReport } from "@greenlight/core/evidence";
import { readFirmware } from "@greenlight/core/firmware";
import { readSecretsPage } from "@greenlight/psp/platform";
import type { PlatformOptions } from "@greenlight/psp/platform";
import { fixtureFirmware } from "../../../../fixtures/load.ts";
import { TsmError, getEvidence } from "../../src/tsm/index.ts";
import { channelFiles } from "../../src/lab/index.ts";
import { SnpLaunch } from "../../src/lab/launch/snp-launch.ts";
import { TsmEntries, TsmFailure } from "../../src/lab/reports/entries.ts";
import {
  formatAnswer,
  formatOperation,
  parseAnswer,
  parseOperation,
} from "../../src/lab/reports/protocol.ts";
import type { TsmOperation } from "../../src/lab/reports/protocol.ts";
import { ReportMaker, serveReports } from "../../src/lab/reports/service.ts";
import { guestFolder, labPlatform } from "../support/lab.ts";

const firmware = readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd"));
const reportData = new Uint8Array(64).fill(5);

/** A launched SEV-SNP guest without a machine: memory is a map of what was written. */
async function launched(options: Partial<PlatformOptions> = {}) {
  const platform = labPlatform(options);
  const memory = new Map<number, Uint8Array>();
  const host = { platform, qemu: { major: 9, minor: 1 }, folder: "/", note: () => undefined };
  const launch = SnpLaunch.start(host, {
    kind: "sev-snp",
    id: "lsec0",
    cbitpos: 51,
    reducedPhysBits: 1,
    kernelHashes: false,
    policy: 0x30000n,
    authorKeyEnabled: false,
    vcekDisabled: false,
  });
  await launch.load({
    memory: {
      write(address, bytes) {
        memory.set(address, bytes);
        return Promise.resolve();
      },
    },
    firmware,
    vcpus: 1,
    signature: 0x00a0_0f11,
    unreachable: () => Promise.resolve(undefined),
  });
  return { platform, launch, memory };
}

/** A stream to a port that is served as QEMU serves it: by a socket the lab connects to. */
async function port(context: TestContext, maker: ReportMaker): Promise<Duplex> {
  const path = join(await guestFolder(context), "tsm");
  const { promise, resolve } = Promise.withResolvers<Duplex>();
  const server = createServer(resolve);
  await new Promise<void>((done) => {
    server.listen(path, done);
  });
  const served = serveReports(path, maker);
  const stream = await promise;
  context.after(() => {
    served.destroy();
    stream.destroy();
    server.close();
  });
  return stream;
}

test("a guest is measured once, however many clients say cont at a time", async () => {
  const measured = async (times: number): Promise<Uint8Array> => {
    const { platform, launch } = await launched();
    await Promise.all(Array.from({ length: times }, () => launch.finish()));
    const { outblob } = await new ReportMaker(platform.snp!, launch).report(0, reportData);
    return decodeReport(outblob).measurement;
  };
  assert.deepEqual(await measured(2), await measured(1));
});

test("a guest that asks and never reads is not listened to any longer", async (context) => {
  const answer = { outblob: new Uint8Array(150_000), auxblob: new Uint8Array(0) };
  const path = join(await guestFolder(context), "tsm");
  const { promise, resolve } = Promise.withResolvers<Duplex>();
  const server = createServer(resolve);
  await new Promise<void>((done) => {
    server.listen(path, done);
  });
  const served = serveReports(path, { report: () => Promise.resolve(answer) });
  const stream = await promise;
  context.after(() => {
    served.destroy();
    stream.destroy();
    server.close();
  });
  stream.on("error", () => undefined);
  const data = Buffer.alloc(64).toString("base64");
  stream.write(`mkdir g\nwrite g/inblob ${data}\n`);
  let most = 0;
  for (let i = 0; i < 5000 && !served.destroyed; i++) {
    stream.write("read g/outblob\n");
    await new Promise((done) => {
      setImmediate(done);
    });
    most = Math.max(most, served.writableLength);
  }
  assert.equal(served.destroyed, true);
  assert.ok(most < 32 * 1024 * 1024, `${most} bytes`);
});

describe("evidence over the port", () => {
  test("is a report of the launched guest, with the host's certificates", async (context) => {
    const { platform, launch, memory } = await launched();
    await launch.finish();
    const maker = new ReportMaker(platform.snp!, launch);
    const files = channelFiles(await port(context, maker));
    for (const privlevel of [0, 2]) {
      const evidence = await getEvidence({ reportData, privlevel }, { files });
      const report = decodeReport(evidence.report);
      assert.deepEqual(report.reportData, reportData);
      assert.equal(report.vmpl, privlevel);
      assert.equal(evidence.provider, "sev_guest");
      const table = platform.snp!.certificateTable();
      assert.deepEqual(Uint8Array.from(evidence.certificates), table);
    }
    const secrets = firmware.sections?.find(({ type }) => type === 2);
    assert.deepEqual(memory.get(secrets!.gpa), launch.secretsPage());
    assert.equal(readSecretsPage(launch.secretsPage()!).vmpcks.length, 4);
  });

  test("there is none before the guest runs", async (context) => {
    const { platform, launch } = await launched();
    const files = channelFiles(await port(context, new ReportMaker(platform.snp!, launch)));
    await assert.rejects(getEvidence({ reportData }, { files }), TsmError);
  });

  test("an answer that is not the firmware's wipes the key", async () => {
    const faults = { snp: { response: "flipped-bit" } } as const;
    const { platform, launch } = await launched({ faults });
    await launch.finish();
    const maker = new ReportMaker(platform.snp!, launch);
    await assert.rejects(maker.report(0, reportData), new TsmFailure("EBADMSG"));
    await assert.rejects(maker.report(0, reportData), new TsmFailure("ENOTTY"));
  });

  test("a replayed report is told as it is", async () => {
    const { platform, launch } = await launched();
    await launch.finish();
    const old = new Uint8Array(1184).fill(1);
    const maker = new ReportMaker(platform.snp!, launch, old);
    assert.deepEqual((await maker.report(0, reportData)).outblob, old);
  });

  test("a host that goes away or answers nonsense is an error", async () => {
    for (const answer of ["nonsense\n", "error EWHATEVER\n", "x".repeat(300_000), null]) {
      const stream = new Duplex({
        read() {},
        write(chunk: Buffer, _encoding, done) {
          const isBlob = chunk.toString("latin1").includes("/outblob");
          const line = chunk.toString("latin1").split(" ")[1]?.split("/")[1]?.trim();
          if (isBlob) this.push(answer);
          else this.push(`${formatAnswer({ kind: "ok", bytes: FIRST[line ?? ""] ?? NOTHING })}\n`);
          done();
        },
      });
      const failed = getEvidence({ reportData }, { files: channelFiles(stream), attempts: 1 });
      await assert.rejects(failed, TsmError);
    }
  });
});

const NOTHING = new Uint8Array(0);
const FIRST: Readonly<Record<string, Uint8Array>> = {
  provider: Buffer.from("sev_guest\n"),
  generation: Buffer.from("0\n"),
  privlevel_floor: Buffer.from("0\n"),
};

describe("entries", () => {
  const name = fc.stringMatching(/^[a-z0-9_-]{1,8}$/);
  const attribute = fc.constantFrom("inblob", "outblob", "privlevel", "generation", "nothing");
  const operation: fc.Arbitrary<TsmOperation> = fc.oneof(
    name.map((entry) => ({ kind: "mkdir" as const, entry })),
    name.map((entry) => ({ kind: "rmdir" as const, entry })),
    fc
      .tuple(name, attribute)
      .map(([entry, each]) => ({ kind: "read" as const, entry, attribute: each })),
    fc
      .tuple(name, attribute, fc.uint8Array({ maxLength: 80 }))
      .map(([entry, each, bytes]) => ({ kind: "write" as const, entry, attribute: each, bytes })),
  );

  test("operations and answers are read as they were written", () => {
    fc.assert(
      fc.property(operation, fc.uint8Array(), (asked, bytes) => {
        const line = formatOperation(asked);
        assert.deepEqual(parseOperation(line), asked);
        const answer = { kind: "ok", bytes } as const;
        assert.deepEqual(parseAnswer(formatAnswer(answer)), answer);
      }),
    );
  });

  test("whatever a guest sends is answered", async () => {
    const entries = new TsmEntries({
      report: () => Promise.resolve({ outblob: NOTHING, auxblob: NOTHING }),
    });
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), operation.map(formatOperation)), async (line) => {
        const answer = await entries.answer(parseOperation(line));
        assert.notEqual(parseAnswer(formatAnswer(answer)), undefined);
      }),
    );
  });

  test("are limited in number, and behave as the kernel's", async () => {
    let made = 0;
    const entries = new TsmEntries({
      report: (privlevel) => {
        made++;
        return Promise.resolve({ outblob: Uint8Array.of(privlevel), auxblob: NOTHING });
      },
    });
    const run = async (line: string): Promise<string> =>
      formatAnswer(await entries.answer(parseOperation(line)));
    assert.equal(await run("read a/outblob"), "error ENOENT");
    assert.equal(await run("mkdir a"), "ok");
    assert.equal(await run("mkdir a"), "error EEXIST");
    assert.equal(await run("read a/outblob"), "error EINVAL");
    assert.equal(await run("write a/outblob AAAA"), "error EACCES");
    assert.equal(await run("read a/inblob"), "error EACCES");
    assert.equal(await run("read a/manifestblob"), "error ENOENT");
    assert.equal(
      await run(`write a/inblob ${Buffer.alloc(65).toString("base64")}`),
      "error EINVAL",
    );
    assert.equal(await run(`write a/inblob ${Buffer.alloc(64).toString("base64")}`), "ok");
    assert.equal(await run(`write a/privlevel ${btoa("4\n")}`), "error EINVAL");
    assert.equal(await run(`write a/privlevel ${btoa("1\n")}`), "ok");
    assert.equal(await run("read a/generation"), `ok ${btoa("2\n")}`);
    assert.equal(await run("read a/outblob"), "ok AQ==");
    assert.equal(await run("read a/auxblob"), "ok");
    assert.equal(made, 1);
    for (let each = 1; each < 64; each++) assert.equal(await run(`mkdir b${each}`), "ok");
    assert.equal(await run("mkdir one-more"), "error ENOMEM");
    assert.equal(await run("rmdir a"), "ok");
    assert.equal(await run("mkdir one-more"), "ok");
  });
});
