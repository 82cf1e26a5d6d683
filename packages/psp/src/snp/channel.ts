// SPDX-License-Identifier: Apache-2.0
// The guest's end of the message channel: seals requests, opens answers, counts sequence numbers. What
// carries the messages is the untrusted host.

import { ChannelError } from "./channel-error.ts";
import type { KeySelection } from "./types.ts";
import { MESSAGE_TYPES, openMessage, readMessage, sealMessage } from "./message.ts";
import type { MessageType } from "./message.ts";
import {
  KEY_FIELDS,
  KEY_REQUEST,
  KEY_REQUEST_V1_SIZE,
  KEY_RESPONSE,
  MESSAGE_STATUS,
  REPORT_REQUEST,
  REPORT_RESPONSE,
} from "./payloads.ts";
import type { KeyField } from "./payloads.ts";
import { readSecretsPage } from "./secrets-page.ts";

/** Takes a request to the firmware and brings its answer: SNP_GUEST_REQUEST through the host. */
export type Carrier = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;

/** What a report is asked for with. */
export interface ReportRequest {
  /** 64 bytes. */
  readonly reportData: Uint8Array;
  /** Default: the VMPL of the key. */
  readonly vmpl?: number;
  readonly keySelection?: KeySelection;
}

/** What a derived key is asked for with. */
export interface DerivedKeyRequest {
  /** Default VCEK. */
  readonly root?: "VCEK" | "VMRK";
  readonly keySelection?: KeySelection;
  /** What is mixed into the key. */
  readonly fields?: readonly KeyField[];
  /** Default: the VMPL of the key. */
  readonly vmpl?: number;
  readonly guestSvn?: number;
  /** Eight bytes as the line of the chip lays them out. */
  readonly tcbVersion?: Uint8Array;
  /** Makes it a request of message version 2. */
  readonly launchMitVector?: bigint;
}

/** The guest's end. One channel per key: two of them would use a sequence number twice. */
export class GuestMessageChannel {
  readonly #vmpck: Uint8Array;
  /** Number of the key, which is the VMPL it belongs to. */
  readonly vmpl: number;
  #count: bigint;

  /**
   * @param vmpck The message key, 32 bytes.
   * @param vmpl Number of the key, 0 to 3.
   * @param count Messages so far, both ways.
   * @throws {ChannelError} `bad-key`.
   */
  constructor(vmpck: Uint8Array, vmpl: number, count = 0n) {
    if (vmpck.length !== 32 || !Number.isInteger(vmpl) || vmpl < 0 || vmpl > 3) {
      throw new ChannelError("bad-key", "a message key has 32 bytes and a number from 0 to 3");
    }
    this.#vmpck = Uint8Array.from(vmpck);
    this.vmpl = vmpl;
    this.#count = count;
  }

  /**
   * A channel with a key of the secrets page.
   * @param page The page as SNP_LAUNCH_UPDATE left it in guest memory.
   * @throws {ChannelError} `bad-key` for a number above 3, or a key that software of a higher privilege
   * level has wiped. @throws {LayoutError} for a page that is none.
   */
  static ofSecretsPage(page: Uint8Array, vmpl = 0): GuestMessageChannel {
    const key = readSecretsPage(page).vmpcks[vmpl];
    if (key === undefined || key.every((byte) => byte === 0)) {
      throw new ChannelError("bad-key", `the secrets page has no message key ${vmpl}`);
    }
    return new GuestMessageChannel(key, vmpl);
  }

  /** A sealed request. The sequence number is used up whether an answer comes or not. */
  seal(type: MessageType, payload: Uint8Array, version = 1): Uint8Array {
    const sequence = this.#count + 1n;
    return sealMessage(this.#vmpck, this.vmpl, sequence, {
      type: MESSAGE_TYPES[type],
      version,
      payload,
    });
  }

  /**
   * Opens the answer to the last request.
   * @throws {ChannelError} `bad-sequence` for an answer to another request, `bad-tag` for one that the
   * firmware did not make, `bad-type` for one to another kind of request.
   * @throws {LayoutError} for bytes that are no message.
   */
  open(type: MessageType, message: Uint8Array): Uint8Array {
    const { header } = readMessage(message);
    if (header.sequence !== this.#count + 2n) {
      const reason = `has sequence number ${header.sequence}, not ${this.#count + 2n}`;
      throw new ChannelError("bad-sequence", `the answer ${reason}`);
    }
    const plain = header.vmpck === this.vmpl ? openMessage(this.#vmpck, message) : undefined;
    if (plain === undefined) {
      throw new ChannelError("bad-tag", "the answer is not authentic: its tag does not fit");
    }
    this.#count += 2n;
    if (plain.type !== MESSAGE_TYPES[type]) {
      throw new ChannelError("bad-type", `the answer has message type ${plain.type}`);
    }
    return plain.payload;
  }

  /**
   * Asks for a report.
   * @returns 1184 bytes.
   * @throws {ChannelError} `refused` when firmware answers with a status, else as {@link open}.
   * @throws {LayoutError} for request data of a wrong length, or an answer that is none.
   */
  async report(request: ReportRequest, carry: Carrier): Promise<Uint8Array> {
    const { reportData, vmpl = this.vmpl, keySelection = 0 } = request;
    const payload = REPORT_REQUEST.encode({ reportData, vmpl, keySelection });
    const answer = this.open("REPORT_RSP", await carry(this.seal("REPORT_REQ", payload)));
    const { status, reportSize } = REPORT_RESPONSE.decodeAt(answer, 0);
    requireSuccess(status);
    const report = answer.subarray(REPORT_RESPONSE.size);
    if (report.length !== reportSize) {
      throw new ChannelError("bad-size", `the answer has ${report.length} bytes of report`);
    }
    return report;
  }

  /**
   * Asks for a derived key.
   * @returns 32 bytes.
   * @throws {ChannelError} as {@link report}. @throws {LayoutError} as {@link report}.
   */
  async derivedKey(request: DerivedKeyRequest, carry: Carrier): Promise<Uint8Array> {
    const { root = "VCEK", keySelection = 0, fields = [], launchMitVector } = request;
    const payload = KEY_REQUEST.encode({
      rootKeySelection: (root === "VMRK" ? 1 : 0) | (keySelection << 1),
      fieldSelection: fields.reduce((bits, name) => bits | (1n << BigInt(KEY_FIELDS[name])), 0n),
      vmpl: request.vmpl ?? this.vmpl,
      guestSvn: request.guestSvn ?? 0,
      tcbVersion: request.tcbVersion ?? new Uint8Array(8),
      launchMitVector: launchMitVector ?? 0n,
    });
    const isV2 = launchMitVector !== undefined;
    const sealed = isV2
      ? this.seal("KEY_REQ", payload, 2)
      : this.seal("KEY_REQ", payload.subarray(0, KEY_REQUEST_V1_SIZE));
    const { status, derivedKey } = KEY_RESPONSE.decode(this.open("KEY_RSP", await carry(sealed)));
    requireSuccess(status);
    return Uint8Array.from(derivedKey);
  }
}

function requireSuccess(status: number): void {
  if (status === MESSAGE_STATUS.SUCCESS) return;
  const name = Object.entries(MESSAGE_STATUS).find(([, value]) => value === status)?.[0];
  const shown = name ?? `status 0x${status.toString(16)}`;
  throw new ChannelError("refused", `the firmware refused the request: ${shown}`);
}
