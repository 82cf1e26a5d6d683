// SPDX-License-Identifier: Apache-2.0
// The legacy commands by name. What a guest's memory then holds in clear (secrets, received pages) does
// not leave the server: a host would not see it either.

import { optional } from "./command.ts";
import type { CommandResult, ServerCommand } from "./command.ts";
import type { SevProcessor } from "../platform/index.ts";
import type { Arguments } from "./values.ts";

type Run = (sev: SevProcessor, given: Arguments) => CommandResult;

const command = (names: readonly string[], run: Run): ServerCommand => ({
  arguments: names,
  run: ({ platform }, given) => run(platform.sev, given),
});

/** A command on a guest and nothing else. */
const onGuest = (run: (sev: SevProcessor, input: { handle: number }) => CommandResult) =>
  command(["handle"], (sev, given) => run(sev, { handle: given.number("handle") }));

/** A command with plaintext for, or of, a guest. */
const withData = (
  run: (sev: SevProcessor, input: { handle: number; data: Uint8Array }) => CommandResult,
) =>
  command(["handle", "data"], (sev, given) =>
    run(sev, { handle: given.number("handle"), data: given.bytes("data") }),
  );

/** A command with a packet for a guest, whose plaintext stays here. */
const withPacket = (
  run: (
    sev: SevProcessor,
    input: { handle: number; header: Uint8Array; payload: Uint8Array },
  ) => CommandResult,
) =>
  command(["handle", "header", "payload"], (sev, given) => {
    const result = run(sev, {
      handle: given.number("handle"),
      header: given.bytes("header"),
      payload: given.bytes("payload"),
    });
    return result.status === "SUCCESS" ? { status: "SUCCESS" } : result;
  });

/** Names after AMD's: PDH_CERT_EXPORT is pdh-cert-export. */
export const SEV_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  init: command(["es?"], (sev, given) =>
    sev.init(optional(given, "es", (name) => given.flag(name))),
  ),
  shutdown: command([], (sev) => sev.shutdown()),
  "platform-reset": command([], (sev) => sev.platformReset()),
  "platform-status": command([], (sev) => sev.platformStatus()),
  "pek-gen": command([], (sev) => sev.pekGen()),
  "pek-csr": command([], (sev) => sev.pekCsr()),
  "pek-cert-import": command(["pek", "oca"], (sev, given) =>
    sev.pekCertImport({ pek: given.bytes("pek"), oca: given.bytes("oca") }),
  ),
  "pdh-gen": command([], (sev) => sev.pdhGen()),
  "pdh-cert-export": command([], (sev) => sev.pdhCertExport()),
  "df-flush": command([], (sev) => sev.dfFlush()),
  "get-id": command([], (sev) => sev.getId()),
  nop: command([], (sev) => sev.nop()),
  "download-firmware": command([], (sev) => sev.downloadFirmware({ image: new Uint8Array(0) })),
  wbinvd: command([], (sev) => {
    sev.wbinvd();
    return { status: "SUCCESS" };
  }),
  activate: command(["handle", "asid"], (sev, given) =>
    sev.activate({ handle: given.number("handle"), asid: given.number("asid") }),
  ),
  deactivate: onGuest((sev, input) => sev.deactivate(input)),
  decommission: onGuest((sev, input) => sev.decommission(input)),
  "guest-status": onGuest((sev, input) => sev.guestStatus(input)),
  "launch-start": command(["handle?", "policy", "godh?", "session?"], (sev, given) =>
    sev.launchStart({
      handle: given.has("handle") ? given.number("handle") : 0,
      policy: given.number("policy"),
      ...optional(given, "godh", (name) => given.bytes(name)),
      ...optional(given, "session", (name) => given.bytes(name)),
    }),
  ),
  "launch-update-data": withData((sev, input) => sev.launchUpdateData(input)),
  "launch-update-vmsa": withData((sev, input) => sev.launchUpdateVmsa(input)),
  "launch-measure": onGuest((sev, input) => sev.launchMeasure(input)),
  "launch-secret": withPacket((sev, input) => sev.launchSecret(input)),
  "launch-finish": onGuest((sev, input) => sev.launchFinish(input)),
  attestation: command(["handle", "mnonce"], (sev, given) =>
    sev.attestation({ handle: given.number("handle"), mnonce: given.bytes("mnonce") }),
  ),
  "send-start": command(["handle", "pdh", "platformCerts", "amdCerts"], (sev, given) =>
    sev.sendStart({
      handle: given.number("handle"),
      pdh: given.bytes("pdh"),
      platformCerts: given.bytes("platformCerts"),
      amdCerts: given.bytes("amdCerts"),
    }),
  ),
  "send-update-data": withData((sev, input) => sev.sendUpdateData(input)),
  "send-update-vmsa": withData((sev, input) => sev.sendUpdateVmsa(input)),
  "send-finish": onGuest((sev, input) => sev.sendFinish(input)),
  "send-cancel": onGuest((sev, input) => sev.sendCancel(input)),
  "receive-start": command(["handle?", "policy", "godh", "session"], (sev, given) =>
    sev.receiveStart({
      handle: given.has("handle") ? given.number("handle") : 0,
      policy: given.number("policy"),
      godh: given.bytes("godh"),
      session: given.bytes("session"),
    }),
  ),
  "receive-update-data": withPacket((sev, input) => sev.receiveUpdateData(input)),
  "receive-update-vmsa": withPacket((sev, input) => sev.receiveUpdateVmsa(input)),
  "receive-finish": onGuest((sev, input) => sev.receiveFinish(input)),
  "dbg-decrypt": withData((sev, input) => sev.dbgDecrypt(input)),
  "dbg-encrypt": withData((sev, input) => sev.dbgEncrypt(input)),
  copy: onGuest((sev, input) => sev.copy(input)),
  "swap-out": onGuest((sev, input) => sev.swapOut(input)),
  "swap-in": onGuest((sev, input) => sev.swapIn(input)),
};
