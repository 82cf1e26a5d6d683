// SPDX-License-Identifier: Apache-2.0
// Guest commands as bytes.

import { PACKET_HEADER } from "@greenlight/core/session";
import { fail } from "../../platform/status.ts";
import type { Result } from "../../platform/status.ts";
import { REPORT_SIZE } from "../attestation.ts";
import { MEASURE_SIZE } from "../launch.ts";
import { GUEST_STATES } from "../processor.ts";
import type {
  GuestHandle,
  PacketInput,
  SentPacket,
  SevProcessor,
  UpdateInput,
} from "../processor.ts";
import { SESSION_SIZE } from "../start.ts";
import {
  ACTIVATE_BUFFER,
  ATTESTATION_BUFFER,
  DEBUG_BUFFER,
  GUEST_STATUS_BUFFER,
  HANDLE_BUFFER,
  PACKET_BUFFER,
  SEND_START_BUFFER,
  START_BUFFER,
  UPDATE_BUFFER,
} from "./layouts.ts";
import type { CommandName } from "./layouts.ts";
import { handler } from "./memory.ts";
import type { Handler } from "./memory.ts";

/** Handlers by command. */
export const GUEST_HANDLERS = {
  DECOMMISSION: ofHandle((sev, guest) => sev.decommission(guest)),
  ACTIVATE: handler(ACTIVATE_BUFFER, ({ sev, fields }) => sev.activate(fields)),
  DEACTIVATE: ofHandle((sev, guest) => sev.deactivate(guest)),
  GUEST_STATUS: handler(GUEST_STATUS_BUFFER, ({ sev, fields, put }) => {
    const result = sev.guestStatus(fields);
    if (result.status !== "SUCCESS") return result;
    const { policy, asid, state } = result;
    put({ policy, asid, state: GUEST_STATES[state] });
    return result;
  }),
  COPY: ofHandle((sev, guest) => sev.copy(guest)),
  LAUNCH_START: handler(START_BUFFER, ({ sev, fields, put, memory }) => {
    const { handle, policy } = fields;
    const result = sev.launchStart(
      fields.godh === 0n
        ? { handle, policy }
        : {
            handle,
            policy,
            godh: memory.read(fields.godh, fields.godhLength),
            session: memory.read(fields.session, fields.sessionLength),
          },
    );
    if (result.status === "SUCCESS") put({ handle: result.handle });
    return result;
  }),
  LAUNCH_UPDATE_DATA: update((sev, input) => sev.launchUpdateData(input)),
  LAUNCH_UPDATE_VMSA: update((sev, input) => sev.launchUpdateVmsa(input)),
  LAUNCH_MEASURE: handler(UPDATE_BUFFER, ({ sev, fields, put, memory }) => {
    const { handle, paddr, length } = fields;
    // Looked for first: measuring cannot be undone.
    if (length >= MEASURE_SIZE) memory.read(paddr, MEASURE_SIZE);
    const result = sev.launchMeasure({ handle, length });
    if (result.status === "SUCCESS") memory.write(paddr, result.blob);
    else if (result.needs !== undefined) put({ length: result.needs["blob"]! });
    return result;
  }),
  LAUNCH_SECRET: packetIn((sev, input) => sev.launchSecret(input)),
  LAUNCH_FINISH: ofHandle((sev, guest) => sev.launchFinish(guest)),
  ATTESTATION: handler(ATTESTATION_BUFFER, ({ sev, fields, put, memory }) => {
    const { handle, mnonce, length, paddr } = fields;
    const result = sev.attestation({ handle, mnonce: mnonce.slice(), length });
    if (result.status === "SUCCESS") memory.write(paddr, result.report);
    else if (result.needs?.["report"] !== undefined) put({ length: REPORT_SIZE });
    return result;
  }),
  SEND_START: handler(SEND_START_BUFFER, ({ sev, fields, put, memory }) => {
    const { handle, session, sessionLength } = fields;
    if (sessionLength < SESSION_SIZE) {
      put({ sessionLength: SESSION_SIZE });
      return fail("INVALID_LENGTH", `the buffer for the session has ${sessionLength} bytes`);
    }
    memory.read(session, SESSION_SIZE);
    const result = sev.sendStart({
      handle,
      pdh: memory.read(fields.pdh, fields.pdhLength),
      platformCerts: memory.read(fields.platformCerts, fields.platformCertsLength),
      amdCerts: memory.read(fields.amdCerts, fields.amdCertsLength),
    });
    if (result.status !== "SUCCESS") return result;
    memory.write(session, result.session);
    put({ policy: result.policy });
    return result;
  }),
  SEND_UPDATE_DATA: packetOut((sev, input) => sev.sendUpdateData(input)),
  SEND_UPDATE_VMSA: packetOut((sev, input) => sev.sendUpdateVmsa(input)),
  SEND_FINISH: ofHandle((sev, guest) => sev.sendFinish(guest)),
  SEND_CANCEL: ofHandle((sev, guest) => sev.sendCancel(guest)),
  RECEIVE_START: handler(START_BUFFER, ({ sev, fields, put, memory }) => {
    const { handle, policy } = fields;
    const godh = memory.read(fields.godh, fields.godhLength);
    const session = memory.read(fields.session, fields.sessionLength);
    const result = sev.receiveStart({ handle, policy, godh, session });
    if (result.status === "SUCCESS") put({ handle: result.handle });
    return result;
  }),
  RECEIVE_UPDATE_DATA: packetIn((sev, input) => sev.receiveUpdateData(input)),
  RECEIVE_UPDATE_VMSA: packetIn((sev, input) => sev.receiveUpdateVmsa(input)),
  RECEIVE_FINISH: ofHandle((sev, guest) => sev.receiveFinish(guest)),
  DBG_DECRYPT: debug((sev, input) => sev.dbgDecrypt(input)),
  DBG_ENCRYPT: debug((sev, input) => sev.dbgEncrypt(input)),
  SWAP_OUT: ofHandle((sev, guest) => sev.swapOut(guest)),
  SWAP_IN: ofHandle((sev, guest) => sev.swapIn(guest)),
} as const satisfies Partial<Record<CommandName, Handler>>;

function ofHandle(run: (sev: SevProcessor, guest: GuestHandle) => Result): Handler {
  return handler(HANDLE_BUFFER, ({ sev, fields }) => run(sev, fields));
}

/** Guest memory is measured where it is; the guest sees the same bytes afterwards. */
function update(run: (sev: SevProcessor, input: UpdateInput) => Result): Handler {
  return handler(UPDATE_BUFFER, ({ sev, fields: { handle, paddr, length }, memory }) =>
    run(sev, { handle, data: memory.readGuest(paddr, length) }),
  );
}

/** A packet from outside, whose content goes to guest memory. */
function packetIn(
  run: (sev: SevProcessor, input: PacketInput) => Result<{ readonly plaintext: Uint8Array }>,
): Handler {
  return handler(PACKET_BUFFER, ({ sev, fields, memory }) => {
    const { handle, guest, guestLength } = fields;
    const header = memory.read(fields.header, fields.headerLength);
    const payload = memory.read(fields.trans, fields.transLength);
    memory.readGuest(guest, guestLength);
    const result = run(sev, { handle, header, payload, guestLength });
    if (result.status === "SUCCESS") memory.write(guest, result.plaintext);
    return result;
  });
}

/** A packet for another platform, made of guest memory. */
function packetOut(run: (sev: SevProcessor, input: UpdateInput) => Result<SentPacket>): Handler {
  return handler(PACKET_BUFFER, ({ sev, fields, put, memory }) => {
    const { handle, guest, guestLength, header, headerLength, trans, transLength } = fields;
    if (headerLength < PACKET_HEADER.size || transLength < guestLength) {
      put({ headerLength: PACKET_HEADER.size, transLength: guestLength });
      return fail("INVALID_LENGTH", "a buffer for the packet is too short");
    }
    const result = run(sev, { handle, data: memory.readGuest(guest, guestLength) });
    if (result.status !== "SUCCESS") return result;
    memory.write(header, result.header);
    memory.write(trans, result.payload);
    return result;
  });
}

function debug(
  run: (sev: SevProcessor, input: UpdateInput) => Result<{ readonly data: Uint8Array }>,
): Handler {
  return handler(DEBUG_BUFFER, ({ sev, fields, memory }) => {
    const { handle, destination, length } = fields;
    const result = run(sev, { handle, data: memory.readGuest(fields.source, length) });
    if (result.status === "SUCCESS") memory.write(destination, result.data);
    return result;
  });
}
