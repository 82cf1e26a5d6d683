// SPDX-License-Identifier: Apache-2.0
// Guest messages as the firmware answers them (AMD 56860 rev. 1.58, chapter 7): reports and derived keys.
// Every other kind of message is refused by its name.

import { createHmac } from "node:crypto";
import { LayoutError } from "@greenlight/core/bytes";
import { decodeTcb, tcbPartsBelow } from "@greenlight/core/evidence";
import type { TcbVersion } from "@greenlight/core/evidence";
import type { LaunchedGuest } from "./guest.ts";
import { refuse } from "./machine.ts";
import type { SnpMachine } from "./machine.ts";
import { MESSAGE_TYPES, openMessage, readMessage, sealMessage } from "./message.ts";
import type { PlainMessage } from "./message.ts";
import {
  KEY_FIELDS,
  KEY_REQUEST,
  KEY_REQUEST_V1_SIZE,
  KEY_RESPONSE,
  MESSAGE_STATUS,
  REPORT_REQUEST,
  REPORT_RESPONSE,
} from "./payloads.ts";
import type { KeyField, KeyRequest, MessageStatus } from "./payloads.ts";
import { makeReport, selectKey } from "./report.ts";
import type { SnpRefusal, SnpResult } from "./types.ts";

/** Counts from which on a further exchange would use up the sequence numbers. */
const LAST_COUNT = (1n << 64n) - 3n;

/** Answers a message of a running guest. A refused message is not counted. */
export function answer(
  machine: SnpMachine,
  guest: LaunchedGuest,
  message: Uint8Array,
): SnpResult<{ readonly message: Uint8Array }> {
  let plain: PlainMessage | undefined;
  let vmpck: number;
  try {
    const { header } = readMessage(message);
    vmpck = header.vmpck;
    const count = guest.messageCounts[vmpck]!;
    if (count > LAST_COUNT) return refuse("AEAD_OFLOW", "the sequence numbers are used up");
    if (header.sequence !== count + 1n) {
      const reason = `the message has sequence number ${header.sequence}, due is ${count + 1n}`;
      return refuse("INVALID_PARAM", reason);
    }
    plain = openMessage(guest.vmpcks[vmpck]!, message);
  } catch (error) {
    if (error instanceof LayoutError) return refuse("INVALID_PARAM", error.message);
    throw error;
  }
  if (plain === undefined) {
    return refuse("BAD_MEASUREMENT", "the tag does not fit: another key, or a changed message");
  }
  const made = respond(machine, guest, vmpck, plain);
  if ("status" in made) return made;
  const count = guest.messageCounts[vmpck]! + 2n;
  guest.messageCounts[vmpck] = count;
  const sealed = sealMessage(guest.vmpcks[vmpck]!, vmpck, count, made);
  return { status: "SUCCESS", message: onItsWay(machine, guest, sealed) };
}

/** What the host makes of an answer. */
function onItsWay({ shared }: SnpMachine, guest: LaunchedGuest, sealed: Uint8Array): Uint8Array {
  const fault = shared.faults.snp?.response;
  if (fault === "replayed" && guest.firstAnswer !== undefined) return guest.firstAnswer;
  guest.firstAnswer ??= sealed;
  if (fault !== "flipped-bit") return sealed;
  const changed = Uint8Array.from(sealed);
  changed[changed.length - 1]! ^= 1;
  return changed;
}

/** The answer to a request, or why the whole message is refused. */
function respond(
  machine: SnpMachine,
  guest: LaunchedGuest,
  vmpck: number,
  { type, version, payload }: PlainMessage,
): PlainMessage | SnpRefusal {
  const { REPORT_REQ, REPORT_RSP, KEY_REQ, KEY_RSP } = MESSAGE_TYPES;
  if (type === REPORT_REQ && version === 1 && payload.length === REPORT_REQUEST.size) {
    return { type: REPORT_RSP, version: 1, payload: reportAnswer(machine, guest, vmpck, payload) };
  }
  const keySize = version === 1 ? KEY_REQUEST_V1_SIZE : KEY_REQUEST.size;
  if (type === KEY_REQ && (version === 1 || version === 2) && payload.length === keySize) {
    return { type: KEY_RSP, version, payload: keyAnswer(machine, guest, vmpck, payload) };
  }
  const name = Object.entries(MESSAGE_TYPES).find(([, value]) => value === type)?.[0];
  if (type === REPORT_REQ || type === KEY_REQ) {
    const what = `version ${version} and ${payload.length} bytes`;
    return refuse("INVALID_PARAM", `${name} with ${what} does not exist`);
  }
  if (name?.endsWith("_REQ") !== true) {
    return refuse("INVALID_PARAM", `message type ${type} is no request`);
  }
  return refuse("UNSUPPORTED", `${name} is not simulated`);
}

function reportAnswer(
  machine: SnpMachine,
  guest: LaunchedGuest,
  vmpck: number,
  payload: Uint8Array,
): Uint8Array {
  const failed = (status: MessageStatus): Uint8Array =>
    REPORT_RESPONSE.encode({ status: MESSAGE_STATUS[status], reportSize: 0 });
  const request = decoded(() => REPORT_REQUEST.decode(payload));
  if (request === undefined || !isVmplAllowed(request.vmpl, vmpck)) return failed("INVALID_PARAM");
  const selected = selectKey(machine, guest, request.keySelection);
  if ("problem" in selected) return failed(selected.problem);
  const report = makeReport(machine, guest, selected, request);
  const head = REPORT_RESPONSE.encode({ status: 0, reportSize: report.length });
  return Uint8Array.from(Buffer.concat([head, report]));
}

function keyAnswer(
  machine: SnpMachine,
  guest: LaunchedGuest,
  vmpck: number,
  payload: Uint8Array,
): Uint8Array {
  const respondWith = (status: MessageStatus, derivedKey?: Uint8Array): Uint8Array =>
    KEY_RESPONSE.encode({
      status: MESSAGE_STATUS[status],
      derivedKey: derivedKey ?? new Uint8Array(32),
    });
  const isV1 = payload.length === KEY_REQUEST_V1_SIZE;
  const padded = new Uint8Array(KEY_REQUEST.size);
  padded.set(payload);
  const request = decoded(() => KEY_REQUEST.decode(padded));
  if (request === undefined) return respondWith("INVALID_PARAM");
  const tcb = tcbOf(machine, request);
  if (tcb === undefined || !isKeyAllowed(guest, request, isV1, vmpck)) {
    return respondWith("INVALID_PARAM");
  }
  const root = rootKey(machine, guest, request, tcb);
  if (!(root instanceof Uint8Array)) return respondWith(root.problem);
  return respondWith("SUCCESS", mix(root, guest, request));
}

/** Whether the numbers of a key request are within what the guest may ask for. */
function isKeyAllowed(
  guest: LaunchedGuest,
  request: KeyRequest,
  isV1: boolean,
  vmpck: number,
): boolean {
  const known = isV1 ? KEY_FIELDS.launchMitVector : KEY_FIELDS.launchMitVector + 1;
  return (
    request.rootKeySelection < 8 &&
    request.fieldSelection >> BigInt(known) === 0n &&
    isVmplAllowed(request.vmpl, vmpck) &&
    request.guestSvn <= guest.identity.guestSvn &&
    (request.launchMitVector & ~guest.launchMitVector) === 0n
  );
}

/** TCB_VERSION of a request; undefined when it is above COMMITTED_TCB or none of the line. */
function tcbOf({ shared, committedTcb }: SnpMachine, request: KeyRequest): TcbVersion | undefined {
  const { tcb, reserved } = decodeTcb(request.tcbVersion, shared.line);
  return reserved.length > 0 || tcbPartsBelow(committedTcb, tcb).length > 0 ? undefined : tcb;
}

/** What the key is derived from: the VMRK, or a secret of chip or provider at the TCB. */
function rootKey(
  machine: SnpMachine,
  guest: LaunchedGuest,
  { rootKeySelection }: KeyRequest,
  tcb: TcbVersion,
): Uint8Array | { readonly problem: "INVALID_PARAM" | "INVALID_KEY" } {
  if ((rootKeySelection & 1) === 1) return guest.vmrk;
  const selected = selectKey(machine, guest, rootKeySelection >> 1);
  if ("problem" in selected) return selected;
  if (selected.kind === "none") return { problem: "INVALID_KEY" };
  const { keys, vlek } = machine;
  const { key } = selected.kind === "VLEK" ? keys.vlek(tcb, vlek?.cspId) : keys.vcek(tcb);
  return Buffer.from(key.scalar.toString(16).padStart(96, "0"), "hex");
}

/**
 * The derived key: HMAC-SHA-384 over everything selected. AMD does not publish its own mix; what guests
 * rely on is that the same request gives the same key and another one another key.
 */
function mix(root: Uint8Array, guest: LaunchedGuest, request: KeyRequest): Uint8Array {
  const { identity } = guest;
  const u64 = (value: bigint): Uint8Array => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    return bytes;
  };
  const values: Readonly<Record<KeyField, Uint8Array>> = {
    policy: u64(guest.policy),
    imageId: identity.imageId,
    familyId: identity.familyId,
    measurement: guest.digest,
    guestSvn: u64(BigInt(request.guestSvn)),
    tcbVersion: request.tcbVersion,
    launchMitVector: u64(request.launchMitVector),
  };
  const hmac = createHmac("sha384", root).update("greenlight gmsg-keyreq\0");
  hmac.update(u64(BigInt(request.rootKeySelection))).update(u64(request.fieldSelection));
  hmac.update(u64(BigInt(request.vmpl)));
  for (const [name, bit] of Object.entries(KEY_FIELDS)) {
    if (((request.fieldSelection >> BigInt(bit)) & 1n) === 0n) continue;
    const all: Readonly<Record<string, Uint8Array>> = values;
    hmac.update(all[name]!);
  }
  return Uint8Array.from(hmac.digest().subarray(0, 32));
}

/** A VMPL below that of the message key would speak for software of higher privilege. */
function isVmplAllowed(vmpl: number, vmpck: number): boolean {
  return vmpl >= vmpck && vmpl <= 3;
}

/** What the bytes mean; undefined when reserved ones are set. */
function decoded<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof LayoutError) return undefined;
    throw error;
  }
}
