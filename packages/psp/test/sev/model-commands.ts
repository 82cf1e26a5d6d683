// SPDX-License-Identifier: Apache-2.0
// The legacy commands as the model test runs them: what the model says to each, and what each leaves.

import assert from "node:assert/strict";
import { sealReceivePacket, sealSecret } from "@greenlight/core/session";
import type { LaunchSession } from "@greenlight/core/session";
import type { GuestStateName, StatusName } from "@greenlight/psp/platform";
import {
  ES,
  NODBG,
  NOSEND,
  POLICIES,
  addGuest,
  command,
  guestCommand,
  guestStatus,
  handleOf,
  inState,
  ownerOf,
  pick,
  unlessPolicy,
} from "../support/sev-model.ts";
import type { Command, Maker, ModelGuest } from "../support/sev-model.ts";
import { API, bytes } from "../support/sev.ts";

/** LAUNCH_START or RECEIVE_START with a right session. */
function start(kind: "launchStart" | "receiveStart", policy: number): Command {
  let owner: LaunchSession | undefined;
  return command(
    `${kind}(0x${policy.toString(16)})`,
    (model) => unlessPolicy(policy, model),
    async (real) => {
      owner = await ownerOf(real, policy);
      const { godh, session } = owner;
      return real.platform.sev[kind]({ handle: 0, policy, godh, session });
    },
    (model, result) => {
      const received = kind === "receiveStart";
      addGuest(model, result, { policy, state: received ? "RUPDATE" : "LUPDATE", owner, received });
    },
  );
}

export const lifecycle: readonly Command[] = [
  ...[false, true].map((es) =>
    command(
      `init(${es ? "es" : ""})`,
      inState("UNINIT"),
      ({ platform }) => platform.sev.init({ es }),
      (model) => Object.assign(model, { state: "INIT", es }),
    ),
  ),
  command(
    "shutdown",
    inState("INIT", "WORKING"),
    ({ platform }) => platform.sev.shutdown(),
    (model) => {
      model.guests.clear();
      model.dirty.clear();
      Object.assign(model, { state: "UNINIT", es: false, wbinvd: false });
    },
  ),
  command("platformReset", inState("UNINIT"), ({ platform }) => platform.sev.platformReset()),
  command("pekGen", inState("INIT"), ({ platform }) => platform.sev.pekGen()),
  command("pekCsr", inState("INIT"), ({ platform }) => platform.sev.pekCsr()),
  command("pdhGen", inState("INIT", "WORKING"), ({ platform }) => platform.sev.pdhGen()),
  command("pdhCertExport", inState("INIT", "WORKING"), ({ platform }) =>
    platform.sev.pdhCertExport(),
  ),
  command(
    "getId",
    () => "SUCCESS",
    ({ platform }) => platform.sev.getId(),
  ),
  command(
    "nop",
    () => "SUCCESS",
    ({ platform }) => platform.sev.nop(),
  ),
  command(
    "downloadFirmware",
    () => "UNSUPPORTED",
    ({ platform }) => platform.sev.downloadFirmware({ image: bytes(16) }),
  ),
  ...(["copy", "swapOut", "swapIn"] as const).map((name) =>
    command(
      name,
      () => "UNSUPPORTED",
      ({ platform }) => platform.sev[name]({ handle: 1 }),
    ),
  ),
  command(
    "dfFlush",
    (model) => {
      if (model.state === "UNINIT") return "INVALID_PLATFORM_STATE";
      return model.wbinvd ? "WBINVD_REQUIRED" : "SUCCESS";
    },
    ({ platform }) => platform.sev.dfFlush(),
    (model) => model.dirty.clear(),
  ),
  command(
    "wbinvd",
    () => "SUCCESS",
    ({ platform }) => {
      platform.sev.wbinvd();
      return { status: "SUCCESS" };
    },
    (model) => Object.assign(model, { wbinvd: false }),
  ),
];

const anyState: readonly GuestStateName[] = [
  "LUPDATE",
  "LSECRET",
  "RUNNING",
  "SUPDATE",
  "RUPDATE",
  "SENT",
];

export const activation: readonly Maker[] = [
  ...[0, 1, 2, 3].map(
    (asid): Maker =>
      (choice) =>
        command(
          `activate(${choice}, ${asid})`,
          (model) =>
            guestStatus(model, choice, anyState, false, (guest) => {
              if (guest.asid !== 0) return "ACTIVE";
              if (asid === 0) return "INVALID_ASID";
              if ([...model.guests.values()].some((each) => each.asid === asid))
                return "ASID_OWNED";
              return model.dirty.has(asid) ? "DFFLUSH_REQUIRED" : "SUCCESS";
            }),
          ({ platform }, model) => platform.sev.activate({ handle: handleOf(model, choice), asid }),
          (model) => Object.assign(pick(model, choice)![1], { asid }),
        ),
  ),
  (choice) =>
    command(
      `deactivate(${choice})`,
      (model) =>
        guestStatus(model, choice, anyState, false, (guest) =>
          guest.asid === 0 ? "INACTIVE" : "SUCCESS",
        ),
      ({ platform }, model) => platform.sev.deactivate({ handle: handleOf(model, choice) }),
      (model) => {
        const guest = pick(model, choice)![1];
        model.dirty.add(guest.asid);
        model.wbinvd = true;
        guest.asid = 0;
      },
    ),
  (choice) =>
    command(
      `decommission(${choice})`,
      (model) =>
        guestStatus(model, choice, anyState, false, (guest) =>
          guest.asid === 0 ? "SUCCESS" : "ACTIVE",
        ),
      ({ platform }, model) => platform.sev.decommission({ handle: handleOf(model, choice) }),
      (model) => {
        model.guests.delete(handleOf(model, choice));
        if (model.guests.size === 0) model.state = "INIT";
      },
    ),
];
const needsEs = ({ policy }: ModelGuest): StatusName =>
  (policy & ES) === 0 ? "POLICY_FAILURE" : "SUCCESS";

export const starts: readonly Command[] = POLICIES.flatMap((policy) => [
  start("launchStart", policy),
  start("receiveStart", policy),
]);

export const guestCommands: readonly Maker[] = [
  guestCommand("launchUpdateData", ["LUPDATE"], true, ({ platform }, handle) =>
    platform.sev.launchUpdateData({ handle, data: new Uint8Array(32) }),
  ),
  guestCommand(
    "launchUpdateVmsa",
    ["LUPDATE"],
    true,
    ({ platform }, handle) => platform.sev.launchUpdateVmsa({ handle, data: new Uint8Array(4096) }),
    { rule: needsEs },
  ),
  guestCommand(
    "launchMeasure",
    ["LUPDATE"],
    false,
    ({ platform }, handle) => platform.sev.launchMeasure({ handle }),
    {
      effect: (guest, result) => {
        assert.ok("blob" in result && result.blob instanceof Uint8Array);
        guest.state = "LSECRET";
        guest.measure = result.blob.slice(0, 32);
      },
    },
  ),
  guestCommand("launchSecret", ["LSECRET"], true, ({ platform }, handle, guest) => {
    const table = bytes(32);
    const keys = guest?.owner?.keys ?? { tek: bytes(16), tik: bytes(16) };
    const measure = guest?.measure ?? bytes(32);
    const packet = sealSecret({ keys, measure, table, iv: bytes(16), api: API });
    const result = platform.sev.launchSecret({ handle, ...packet });
    if (result.status === "SUCCESS") assert.deepEqual(result.plaintext, table);
    return result;
  }),
  guestCommand(
    "a wrong launchSecret",
    ["LSECRET"],
    true,
    ({ platform }, handle) => {
      const header = new Uint8Array(52);
      return platform.sev.launchSecret({ handle, header, payload: bytes(16) });
    },
    { rule: () => "BAD_MEASUREMENT" },
  ),
  guestCommand(
    "launchFinish",
    ["LSECRET"],
    false,
    ({ platform }, handle) => platform.sev.launchFinish({ handle }),
    { effect: (guest) => Object.assign(guest, { state: "RUNNING", measure: undefined }) },
  ),
  guestCommand(
    "attestation",
    ["LSECRET", "RUNNING"],
    false,
    ({ platform }, handle) => platform.sev.attestation({ handle, mnonce: bytes(16) }),
    { rule: ({ received }) => (received ? "INVALID_GUEST_STATE" : "SUCCESS") },
  ),
  guestCommand(
    "sendStart",
    ["RUNNING"],
    false,
    ({ platform, peer }, handle) =>
      platform.sev.sendStart({
        handle,
        pdh: peer.pdh,
        platformCerts: peer.certs,
        amdCerts: new Uint8Array(0),
      }),
    {
      rule: ({ policy }) => ((policy & NOSEND) === 0 ? "SUCCESS" : "POLICY_FAILURE"),
      effect: (guest) => Object.assign(guest, { state: "SUPDATE" }),
    },
  ),
  guestCommand("sendUpdateData", ["SUPDATE"], true, ({ platform }, handle) =>
    platform.sev.sendUpdateData({ handle, data: bytes(64) }),
  ),
  guestCommand(
    "sendUpdateVmsa",
    ["SUPDATE"],
    true,
    ({ platform }, handle) => platform.sev.sendUpdateVmsa({ handle, data: bytes(4096) }),
    { rule: needsEs },
  ),
  guestCommand(
    "sendFinish",
    ["SUPDATE"],
    false,
    ({ platform }, handle) => platform.sev.sendFinish({ handle }),
    { effect: (guest) => Object.assign(guest, { state: "SENT" }) },
  ),
  guestCommand(
    "sendCancel",
    ["SUPDATE"],
    false,
    ({ platform }, handle) => platform.sev.sendCancel({ handle }),
    { effect: (guest) => Object.assign(guest, { state: "RUNNING" }) },
  ),
  guestCommand("receiveUpdateData", ["RUPDATE"], true, ({ platform }, handle, guest) => {
    const keys = guest?.owner?.keys ?? { tek: bytes(16), tik: bytes(16) };
    const page = bytes(64);
    const packet = sealReceivePacket({ keys, kind: "data", page, iv: bytes(16) });
    const result = platform.sev.receiveUpdateData({ handle, ...packet });
    if (result.status === "SUCCESS") assert.deepEqual(result.plaintext, page);
    return result;
  }),
  guestCommand(
    "receiveFinish",
    ["RUPDATE"],
    false,
    ({ platform }, handle) => platform.sev.receiveFinish({ handle }),
    { effect: (guest) => Object.assign(guest, { state: "RUNNING" }) },
  ),
  ...(["dbgDecrypt", "dbgEncrypt"] as const).map((name) =>
    guestCommand(
      name,
      ["RUNNING"],
      true,
      ({ platform }, handle) => platform.sev[name]({ handle, data: bytes(32) }),
      { rule: ({ policy }) => ((policy & NODBG) === 0 ? "SUCCESS" : "POLICY_FAILURE") },
    ),
  ),
];
