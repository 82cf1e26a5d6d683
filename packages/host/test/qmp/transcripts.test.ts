// SPDX-License-Identifier: Apache-2.0
// What real QEMUs of two versions answered, put to the client again.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { QmpClient, QmpError, qemuHypervisor } from "@greenlight/host/qmp";
import { QmpPeer } from "../support/qmp-peer.ts";

const FOLDER = new URL("../../../../../shared/vectors/sev/qmp/", import.meta.url);

const PATIENT = { timeoutMs: 120_000 };

/** Command, arguments and answer of each line `COMMAND ARGUMENTS -> ANSWER`. */
interface Exchange {
  readonly command: string;
  readonly args: string;
  readonly answer: Readonly<Record<string, unknown>>;
}

function readTranscript(file: URL): { greeting: string; exchanges: readonly Exchange[] } {
  const lines = readFileSync(file, "utf8").split("\n");
  const greeting = lines.find((line) => line.startsWith("GREETING "))?.slice("GREETING ".length);
  assert(greeting !== undefined);
  const exchanges = lines.flatMap((line): Exchange[] => {
    const match = /^([a-z][a-z-]*) (null|\{.*?\}) -> (\{".*)$/.exec(line);
    if (match === null) return [];
    const [, command = "", args = "", answer = ""] = match;
    return [{ command, args, answer: JSON.parse(answer) as Exchange["answer"] }];
  });
  return { greeting, exchanges };
}

for (const [name, version] of [
  ["q72.txt", "QEMU 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)"],
  ["q111.txt", "QEMU 11.1.3 (Debian 1:11.1.3+ds-1)"],
] as const) {
  const file = new URL(name, FOLDER);
  const skip = existsSync(file) ? false : `../shared/vectors/sev/qmp/${name} is absent`;
  test(`the transcript ${name}`, { skip }, async () => {
    const { greeting, exchanges } = readTranscript(file);
    assert(exchanges.length >= 8);
    const peer = new QmpPeer((request, self) => {
      const found = exchanges.find(({ command }) => command === request.execute);
      const answer = request.execute === "qmp_capabilities" ? { return: {} } : found?.answer;
      assert(answer !== undefined, request.execute);
      self.send({ ...answer, id: request.id });
    }, greeting);
    const client = await QmpClient.open(peer.client, PATIENT);
    const host = qemuHypervisor(client, PATIENT);
    assert.equal(host.version, version);
    assert.equal(await host.runState(), "prelaunch");
    assert.deepEqual(await host.launchInfo(), { type: "none" });
    const refusals = [
      [() => host.platformExport(), "KVM not enabled"],
      [() => host.launchMeasurement(), "SEV launch measurement is not available"],
      [() => host.attestationReport(new Uint8Array(16)), "SEV is not enabled"],
      [
        () => host.injectSecret({ header: new Uint8Array(52), payload: new Uint8Array(16) }),
        "SEV not enabled for guest",
      ],
    ] as const;
    for (const [ask, words] of refusals) {
      await assert.rejects(ask(), (error: unknown) => {
        assert(error instanceof QmpError);
        assert.equal(error.code, "refused");
        assert.equal(error.class, "GenericError");
        assert.equal(error.desc, words);
        return true;
      });
    }
    await host.close();
  });
}
