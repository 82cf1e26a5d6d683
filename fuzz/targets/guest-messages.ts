// SPDX-License-Identifier: Apache-2.0
// Targets of the software platform's SEV-SNP half and its servers: what guests, hosts and clients send.

import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import { chipId, createHierarchy } from "../../packages/psp/src/hierarchy/index.ts";
import { answerPath, subjectOf } from "../../packages/psp/src/kds/index.ts";
import { seededRandom } from "../../packages/psp/src/platform/random.ts";
import { LineCutter } from "../../packages/psp/src/server/lines.ts";
import { ArgumentError, Arguments } from "../../packages/psp/src/server/values.ts";
import { checkCpuidPage } from "../../packages/psp/src/snp/cpuid-page.ts";
import { identify } from "../../packages/psp/src/snp/id-block.ts";
import { openMessage, readMessage, sealMessage } from "../../packages/psp/src/snp/message.ts";
import { createSnpProcessor } from "../../packages/psp/src/snp/processor.ts";
import { readSecretsPage, writeSecretsPage } from "../../packages/psp/src/snp/secrets-page.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, concat, declared, sameBytes, shifted, textOf } from "./support.ts";

const PAGE = 4096;
const KEY = new Uint8Array(32).fill(1);
const HIERARCHY = createHierarchy({ line: "Milan" });
const PLAIN = { type: 5, version: 1, payload: new Uint8Array(0x60).fill(2) };
const SECRETS = {
  version: 3,
  imi: false,
  fms: 0xa00f11,
  gosvw: new Uint8Array(16),
  vmpcks: [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte)),
};

const expected = declared(LayoutError);

/** A guest that runs, and the key of its privilege level 0. */
function runningGuest() {
  const snp = createSnpProcessor({
    line: "Milan",
    seed: "greenlight",
    names: "simulator",
    chipId: chipId("Milan"),
    api: { major: 1, minor: 55, build: 40 },
    es: true,
    random: seededRandom("fuzz"),
    faults: {},
    hierarchy: HIERARCHY,
  });
  snp.snpInit();
  snp.gctxCreate();
  snp.launchStart({ gctx: 1, policy: 0x30000n });
  snp.activate({ gctx: 1, asid: 1 });
  const filled = snp.launchUpdate({ gctx: 1, type: "SECRETS", gpa: 0, page: { size: PAGE } });
  snp.launchFinish({ gctx: 1 });
  if (filled.status !== "SUCCESS" || filled.page === undefined) throw new Error("no secrets page");
  return { snp, key: readSecretsPage(filled.page).vmpcks[0]! };
}

export const targets: readonly Target[] = [
  {
    name: "guest-message",
    seeds: () => [sealMessage(KEY, 0, 1n, PLAIN), sealMessage(KEY, 3, 2n ** 63n, PLAIN)],
    expected,
    run(data) {
      const message = shifted(data);
      const { header, ciphertext } = readMessage(message);
      const plain = openMessage(KEY, message);
      if (plain === undefined) return;
      check(plain.payload.length === ciphertext.length, "a payload has its length");
      const again = sealMessage(KEY, header.vmpck, header.sequence, plain);
      check(sameBytes(again, message.subarray(0, again.length)), "a message is sealed one way");
    },
  },
  {
    name: "guest-request",
    // Type and version of the message, then its payload: what a hostile guest can have sealed.
    seeds: () => [
      concat([5, 1], PLAIN.payload.fill(0)),
      concat([3, 1], new Uint8Array(0x20)),
      concat([3, 2], new Uint8Array(0x28)),
      Uint8Array.of(1, 1, 0),
    ],
    maxLength: 512,
    expected: () => false,
    run(data) {
      const [type = 0, version = 0, first = 0, ...rest] = data;
      const payload = Uint8Array.of(first, ...rest);
      const { snp, key } = runningGuest();
      const message = sealMessage(key, 0, 1n, { type, version, payload });
      const result = snp.guestRequest({ gctx: 1, message });
      if (result.status !== "SUCCESS") {
        check(result.reason !== "", "a refusal says why");
        return;
      }
      const answer = openMessage(key, result.message);
      check(answer !== undefined, "the guest can open the answer");
      check(answer?.type === type + 1, "the answer is of the kind that was asked for");
    },
  },
  {
    name: "secrets-page",
    seeds: () => [writeSecretsPage(SECRETS)],
    maxLength: PAGE,
    expected,
    run(data) {
      const page = readSecretsPage(shifted(data));
      const again = readSecretsPage(writeSecretsPage(page));
      check(
        page.vmpcks.every((key, i) => sameBytes(key, again.vmpcks[i]!)),
        "keys are kept",
      );
    },
  },
  {
    name: "cpuid-page",
    seeds: () => [new Uint8Array(PAGE), new Uint8Array(PAGE).fill(1), concat([64, 0, 0, 0])],
    maxLength: PAGE,
    expected: () => false,
    run(data) {
      const page = new Uint8Array(PAGE);
      page.set(data.subarray(0, PAGE));
      const corrected = checkCpuidPage(page);
      check(
        corrected === undefined || checkCpuidPage(corrected.page) === undefined,
        "what firmware gives back it takes",
      );
    },
  },
  {
    name: "launch-finish-id-block",
    seeds: () => [new Uint8Array(PAGE + 96)],
    maxLength: PAGE + 200,
    expected: () => false,
    run(data) {
      const launch = { digest: new Uint8Array(48), policy: 0x30000n };
      const request = { gctx: 1, idBlock: data.slice(0, 96), idAuth: data.slice(96) };
      for (const authorKeyEnabled of [false, true]) {
        const identified = identify({ ...request, authorKeyEnabled }, launch);
        check("status" in identified, "nobody can sign without a key");
      }
    },
  },
  {
    name: "psp-lines",
    text: true,
    seeds: () => [bytesOf('{"id":1,"execute":"nop"}\n{"id":2}\r\n'), bytesOf("\n\n"), bytesOf("x")],
    expected: () => false,
    run(data) {
      const whole = new LineCutter().push(Buffer.from(data)) ?? [];
      const cutter = new LineCutter();
      const pieces = [...data].flatMap((byte) => cutter.push(Buffer.of(byte)) ?? []);
      check(whole.join("\n") === pieces.join("\n"), "lines do not depend on the pieces");
    },
  },
  {
    name: "psp-arguments",
    text: true,
    seeds: () => [bytesOf('{"handle":1,"policy":"0x30000","data":"AAAA","es":true}')],
    dictionary: ['"handle"', '"data"', '"0x', "null", "1e400", "-1", '"__proto__"'].map(bytesOf),
    expected: (error) => error instanceof ArgumentError || error instanceof SyntaxError,
    run(data) {
      const json: unknown = JSON.parse(textOf(data));
      const given = new Arguments(json, ["handle", "policy", "data", "es"]);
      if (given.has("handle")) check(given.number("handle") <= 0xffff_ffff, "32 bits");
      if (given.has("policy")) check(given.big("policy") < 1n << 64n, "64 bits");
      if (given.has("data")) given.bytes("data");
      if (given.has("es")) given.flag("es");
    },
  },
  {
    name: "kds-path",
    text: true,
    seeds: () => [
      bytesOf("/vcek/v1/Milan/cert_chain"),
      bytesOf("/vlek/v1/Milan/crl"),
      bytesOf(`/vcek/v1/Milan/${"ab".repeat(64)}?blSPL=4&teeSPL=0&snpSPL=27&ucodeSPL=219`),
      bytesOf(`/cek/id/${"ab".repeat(64)}`),
    ],
    maxLength: 512,
    expected: () => false,
    run(data) {
      const { status, body } = answerPath(textOf(data), [subjectOf(HIERARCHY)], 0);
      check([200, 401, 404].includes(status) && body.length > 0, "every path has an answer");
    },
  },
];
