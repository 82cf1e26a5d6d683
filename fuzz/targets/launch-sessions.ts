// SPDX-License-Identifier: Apache-2.0
// Targets of core/launch/session: what a host or a provider hands back to the owner, what a platform's
// processor is given, and the files of other tools.

import { LayoutError } from "../../packages/core/src/bytes/index.ts";
import {
  DISK_PASSPHRASE_GUID,
  SessionError,
  buildSecretTable,
  encodeExportedGuest,
  formatSevPolicy,
  openReceivePacket,
  openSecret,
  parseExportedGuest,
  parseFirmwareStatement,
  parseSecretTable,
  parseSevPolicy,
  readPayload,
  readSessionKeys,
  readSized,
  sealReceivePacket,
  sealSecret,
  unwrapSession,
  wrapSession,
} from "../../packages/core/src/launch/session/index.ts";
import {
  encodeSevCertificate,
  p384PublicKey,
} from "../../packages/core/src/endorsement/sev/index.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, declared, sameBytes, textOf } from "./support.ts";

const expected = declared(LayoutError, SessionError);

const KEYS = { tek: new Uint8Array(16).fill(1), tik: new Uint8Array(16).fill(2) };
const IV = new Uint8Array(16).fill(3);
const MEASURE = new Uint8Array(32).fill(4);
const API = { major: 1, minor: 55 };
const Z = new Uint8Array(48).fill(5);
const HEADER_SIZE = 52;

const TABLE = buildSecretTable([
  { guid: "736869e5-aaaa-4973-92ec-06879ce3da0b", data: bytesOf("another secret") },
  { guid: DISK_PASSPHRASE_GUID, data: bytesOf("a passphrase") },
]);

const SESSION = wrapSession({ z: Z, nonce: IV, wrapIv: IV, keys: KEYS, policy: 3 });

function exported(): Uint8Array {
  const packet = sealReceivePacket({ keys: KEYS, kind: "data", page: new Uint8Array(32), iv: IV });
  const godh = encodeSevCertificate({
    usage: 0x1003,
    algorithm: 3,
    publicKey: p384PublicKey(new Uint8Array(96)),
  });
  const packets = [{ kind: "data", gpa: 0x1000n, ...packet }] as const;
  return encodeExportedGuest({ policy: 3, godh, session: SESSION, packets });
}

function statement(): Uint8Array {
  const bytes = new Uint8Array(176);
  bytes.set(bytesOf("GLFWSTM1"));
  bytes.set(bytesOf("amdsev"), 16);
  return bytes;
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export const targets: readonly Target[] = [
  {
    name: "secret-table",
    seeds: () => [TABLE],
    dictionary: [TABLE.subarray(0, 16), TABLE.subarray(20, 36)],
    maxLength: 1024,
    expected,
    run(data) {
      const { entries, length } = parseSecretTable(data);
      check(length <= data.length, "a table lies in its bytes");
      const isBuildable = entries.every(
        ({ guid, data: secret }, i) =>
          secret.length > 0 &&
          !guid.startsWith("00000000-0000-0000-0000-0000") &&
          entries.findIndex((other) => other.guid === guid) === i,
      );
      if (entries.length === 0 || !isBuildable) return;
      const again = buildSecretTable(entries, { order: "as-given" });
      check(sameBytes(again.subarray(0, length), data.subarray(0, length)), "it is built the same");
    },
  },
  {
    name: "secret-packet",
    seeds: () => {
      const packet = sealSecret({ keys: KEYS, table: TABLE, iv: IV, measure: MEASURE, api: API });
      return [join(packet.header, packet.payload)];
    },
    maxLength: 1024,
    expected,
    run(data) {
      const header = data.subarray(0, HEADER_SIZE);
      const payload = data.subarray(HEADER_SIZE);
      const packet = { keys: KEYS, header, payload };
      const opened = openSecret({ ...packet, measure: MEASURE, api: API });
      if (opened.status === "ok") check(sameBytes(opened.plaintext, TABLE), "nothing else opens");
      check(openReceivePacket({ ...packet, kind: "data" }).status !== "ok", "nor as memory");
      check(openReceivePacket({ ...packet, kind: "vmsa" }).status !== "ok", "nor as a save area");
    },
  },
  {
    name: "session",
    seeds: () => [SESSION],
    maxLength: 160,
    expected,
    run(data) {
      const unwrapped = unwrapSession({ z: Z, session: data, policy: 3 });
      if (unwrapped.status === "ok") check(sameBytes(data, SESSION), "only the one that was made");
    },
  },
  {
    name: "exported-guest",
    seeds: () => [exported()],
    dictionary: [bytesOf("GLGUEST1")],
    expected,
    run(data) {
      check(
        sameBytes(encodeExportedGuest(parseExportedGuest(data)), data),
        "it is written the same",
      );
    },
  },
  {
    name: "firmware-statement",
    seeds: () => [statement()],
    maxLength: 200,
    expected,
    run(data) {
      const { name, version } = parseFirmwareStatement(data);
      check(/^[ -~]{1,32}$/.test(name), "a name is printable");
      check(version >= 0 && version < 2 ** 32, "a version has 32 bits");
    },
  },
  {
    name: "session-files",
    text: true,
    maxLength: 400,
    seeds: () => [bytesOf("00".repeat(32)), bytesOf("AAAA".repeat(16)), new Uint8Array(32)],
    expected,
    run(data) {
      check(readPayload(data).bytes.length <= data.length, "a payload is no longer than its file");
      check(readSized(data, 48, "it").bytes.length === 48, "what is read has its size");
    },
  },
  {
    name: "session-keys",
    text: true,
    maxLength: 200,
    seeds: () => [bytesOf("00".repeat(32)), bytesOf(`${"AAAA".repeat(10)}AAA=`)],
    expected,
    run(data) {
      const { tek, tik } = readSessionKeys({ both: data });
      check(tek.length === 16 && tik.length === 16, "keys have 16 bytes");
    },
  },
  {
    name: "sev-policy",
    text: true,
    maxLength: 80,
    seeds: () => ["3", "0x37010007", "NODBG,NOKS,ES,api>=1.55"].map(bytesOf),
    dictionary: ["NODBG", "NOSEND", "DOMAIN", "api>=", "0x", ","].map(bytesOf),
    expected,
    run(data) {
      const policy = parseSevPolicy(textOf(data));
      check(parseSevPolicy(`0x${policy.toString(16)}`) === policy, "it is the same as a number");
      check(!formatSevPolicy(policy).includes("unknown"), "it has no reserved bits");
    },
  },
];
