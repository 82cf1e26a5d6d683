// SPDX-License-Identifier: Apache-2.0
// The SEV-SNP commands by name, and the guest's side of the message channel: secrets pages stay in the
// server, which asks for reports in the guests' place.

import { LayoutError } from "@greenlight/core/bytes";
import type { PageType } from "@greenlight/core/launch";
import type { TcbVersion } from "@greenlight/core/evidence";
import { ChannelError } from "../snp/channel-error.ts";
import { GuestMessageChannel } from "../snp/channel.ts";
import type { KeySelection } from "../snp/types.ts";
import { optional, snpCommand } from "./command.ts";
import type { CommandResult, ServerCommand, Session } from "./command.ts";
import { ArgumentError } from "./values.ts";
import type { Arguments } from "./values.ts";

/** Guest physical addresses have at most 52 bits. */
const LAST_ADDRESS = 2 ** 52 - 1;

const PAGE_TYPE_NAMES = ["NORMAL", "VMSA", "ZERO", "UNMEASURED", "SECRETS", "CPUID"] as const;

/** Names after AMD's: SNP_LAUNCH_START is snp-launch-start. */
export const SNP_COMMANDS: Readonly<Record<string, ServerCommand>> = {
  "snp-init": snpCommand([], (snp) => snp.snpInit()),
  "snp-shutdown": snpCommand([], (snp, _given, { channels }) => {
    const result = snp.snpShutdown();
    if (result.status === "SUCCESS") channels.clear();
    return result;
  }),
  "snp-platform-status": snpCommand([], (snp) => snp.platformStatus()),
  "snp-df-flush": snpCommand([], (snp) => snp.dfFlush()),
  "snp-config": snpCommand(["reportedTcb?", "maskChipId?", "maskChipKey?"], (snp, given) =>
    snp.config({
      ...(given.has("reportedTcb")
        ? { reportedTcb: given.isNull("reportedTcb") ? null : tcbOf(given) }
        : {}),
      ...optional(given, "maskChipId", (name) => given.flag(name)),
      ...optional(given, "maskChipKey", (name) => given.flag(name)),
    }),
  ),
  "snp-commit": snpCommand([], (snp) => snp.commit()),
  "snp-vlek-load": snpCommand(["cspId?"], (snp, given) =>
    snp.vlekLoad(optional(given, "cspId", (name) => given.text(name))),
  ),
  "snp-gctx-create": snpCommand([], (snp) => snp.gctxCreate()),
  "snp-launch-start": snpCommand(["gctx", "policy", "gosvw?", "imi?"], (snp, given) =>
    snp.launchStart({
      gctx: given.number("gctx"),
      policy: given.big("policy"),
      ...optional(given, "gosvw", (name) => given.bytes(name)),
      ...optional(given, "imi", (name) => given.flag(name)),
    }),
  ),
  "snp-activate": snpCommand(["gctx", "asid"], (snp, given) =>
    snp.activate({ gctx: given.number("gctx"), asid: given.number("asid") }),
  ),
  "snp-launch-update": snpCommand(
    ["gctx", "type", "gpa", "page?", "size?", "vmplPermissions?", "imiPage?"],
    (snp, given, session) => {
      const gctx = given.number("gctx");
      const type: PageType = given.choice("type", PAGE_TYPE_NAMES);
      if (given.has("page") === given.has("size")) {
        throw new ArgumentError("give one of page and size");
      }
      const result = snp.launchUpdate({
        gctx,
        type,
        gpa: given.number("gpa", LAST_ADDRESS),
        page: given.has("page")
          ? given.bytes("page")
          : { size: given.number("size", LAST_ADDRESS) },
        ...optional(given, "vmplPermissions", (name) => given.number(name)),
        ...optional(given, "imiPage", (name) => given.flag(name)),
      });
      // A CPUID page that was refused goes back corrected; what is in guest memory does not.
      if (result.status !== "SUCCESS") return result;
      if (type === "SECRETS" && result.page !== undefined) keep(session, gctx, result.page);
      return { status: "SUCCESS" };
    },
  ),
  "snp-launch-finish": snpCommand(
    ["gctx", "idBlock?", "idAuth?", "authorKeyEnabled?", "vcekDisabled?", "hostData?"],
    (snp, given) =>
      snp.launchFinish({
        gctx: given.number("gctx"),
        ...optional(given, "idBlock", (name) => given.bytes(name)),
        ...optional(given, "idAuth", (name) => given.bytes(name)),
        ...optional(given, "authorKeyEnabled", (name) => given.flag(name)),
        ...optional(given, "vcekDisabled", (name) => given.flag(name)),
        ...optional(given, "hostData", (name) => given.bytes(name)),
      }),
  ),
  "snp-decommission": snpCommand(["gctx"], (snp, given, { channels }) => {
    const gctx = given.number("gctx");
    const result = snp.decommission({ gctx });
    if (result.status === "SUCCESS") for (const key of keysOf(gctx)) channels.delete(key);
    return result;
  }),
  "snp-guest-status": snpCommand(["gctx"], (snp, given) =>
    snp.guestStatus({ gctx: given.number("gctx") }),
  ),
  "snp-guest-request": snpCommand(["gctx", "message"], (snp, given) =>
    snp.guestRequest({ gctx: given.number("gctx"), message: given.bytes("message") }),
  ),
  "snp-hv-report-req": snpCommand(["gctx", "keySelection?"], (snp, given) =>
    snp.hostReport({
      gctx: given.number("gctx"),
      ...optional(given, "keySelection", () => selectionOf(given)),
    }),
  ),
  "snp-certificate-table": snpCommand([], (snp) => ({
    status: "SUCCESS",
    table: snp.certificateTable(),
  })),
  "snp-launch-digest": snpCommand(["gctx"], (snp, given) => {
    const digest = snp.launchDigest(given.number("gctx"));
    return digest === undefined
      ? { status: "INVALID_GUEST", reason: "no guest with a digest" }
      : { status: "SUCCESS", digest };
  }),
  "guest-report": {
    arguments: ["gctx", "reportData", "vmpl?", "keySelection?"],
    run: (session, given) => guestReport(session, given),
  },
};

/** SEV-SNP commands that exist and are not simulated. */
export const REFUSED_COMMANDS: readonly string[] = [
  "snp-activate-ex",
  "snp-dbg-decrypt",
  "snp-dbg-encrypt",
  "snp-download-firmware-ex",
  "snp-feature-info",
  "snp-page-md-init",
  "snp-page-move",
  "snp-page-reclaim",
  "snp-page-set-state",
  "snp-page-swap-in",
  "snp-page-swap-out",
  "snp-page-unsmash",
];

/** A report, asked for as the guest does it. */
async function guestReport(session: Session, given: Arguments): Promise<CommandResult> {
  const gctx = given.number("gctx");
  const vmpl = given.has("vmpl") ? given.number("vmpl", 3) : 0;
  const { snp } = session.platform;
  const channel = session.channels.get(keysOf(gctx)[vmpl] ?? "");
  if (snp === undefined || channel === undefined) {
    return { status: "INVALID_GUEST", reason: "no guest here was given a secrets page" };
  }
  let refusal: CommandResult | undefined;
  try {
    const report = await channel.report(
      {
        reportData: given.bytes("reportData"),
        ...optional(given, "keySelection", () => selectionOf(given)),
      },
      (message) => {
        const result = snp.guestRequest({ gctx, message });
        if (result.status === "SUCCESS") return result.message;
        refusal = result;
        throw new ChannelError("refused", result.status);
      },
    );
    const made = { status: "SUCCESS", report } as const;
    return made;
  } catch (error) {
    if (refusal !== undefined) return refusal;
    if (error instanceof ChannelError) return { status: "INVALID_PARAM", reason: error.message };
    if (error instanceof LayoutError) throw new ArgumentError(error.message);
    throw error;
  }
}

/** Keeps the four ends of a guest's channel. */
function keep({ channels }: Session, gctx: number, page: Uint8Array): void {
  for (const [vmpl, key] of keysOf(gctx).entries()) {
    channels.set(key, GuestMessageChannel.ofSecretsPage(page, vmpl));
  }
}

function keysOf(gctx: number): readonly string[] {
  return [0, 1, 2, 3].map((vmpl) => `${gctx}/${vmpl}`);
}

function selectionOf(given: Arguments): KeySelection {
  const value = given.number("keySelection", 2);
  return value === 1 || value === 2 ? value : 0;
}

function tcbOf(given: Arguments): TcbVersion {
  const tcb = given.object("reportedTcb", ["fmc", "bootloader", "tee", "snp", "microcode"]);
  const part = (name: string): number => tcb.number(name, 255);
  return {
    ...optional(tcb, "fmc", part),
    bootloader: part("bootloader"),
    tee: part("tee"),
    snp: part("snp"),
    microcode: part("microcode"),
  };
}
