// SPDX-License-Identifier: Apache-2.0
// What the kernel's error numbers mean here. Reading a blob makes the report, so most of them come from
// there: from the TSM core, from the SEV guest driver, from the host or from the firmware.
// Linux: drivers/virt/coco/guest/report.c, drivers/virt/coco/sev-guest/sev-guest.c, fs/configfs/file.c.

import { constants } from "node:os";
import { TsmError } from "./error.ts";
import type { TsmErrorCode } from "./error.ts";

/** What was tried. */
export type TsmAction = "mkdir" | "rmdir" | "read" | "write";

/** Attributes whose first read makes the kernel ask the firmware for a report. */
const BLOBS: ReadonlySet<string> = new Set(["auxblob", "outblob", "manifestblob"]);

interface Meaning {
  readonly code: TsmErrorCode;
  readonly reason: string;
  readonly hint: string;
}

const NO_PROVIDER: Meaning = {
  code: "no-provider",
  reason: "no provider of reports is registered",
  hint:
    "is this an SEV-SNP guest? If it is, load its driver: modprobe sev-guest. Azure's confidential " +
    "VMs have none; their report is in the vTPM",
};

const PERMISSION: Meaning = {
  code: "permission",
  reason: "permission denied",
  hint: "configfs belongs to root; run this as root",
};

const OUT_OF_MEMORY: Meaning = {
  code: "out-of-memory",
  reason: "the kernel has no memory for it",
  hint: "free memory in the guest and try again",
};

const ANYWHERE: Readonly<Record<string, Meaning>> = {
  EACCES: PERMISSION,
  EPERM: PERMISSION,
  ENXIO: NO_PROVIDER,
  ENODEV: NO_PROVIDER,
  ENOMEM: OUT_OF_MEMORY,
  EROFS: {
    code: "read-only",
    reason: "configfs is mounted read-only",
    hint: "in a container: give it /sys/kernel/config writable, or run this outside",
  },
  EBUSY: {
    code: "race",
    reason: "the kernel takes no more writes to this entry until its report has been read",
    hint: "another process writes to it again and again",
  },
  EINTR: {
    code: "race",
    reason: "a signal interrupted it",
    hint: "try again",
  },
};

const READING_BLOBS: Readonly<Record<string, Meaning>> = {
  EINVAL: {
    code: "refused",
    reason: "the request was refused as invalid",
    hint: "the firmware did not take the privilege level or its key",
  },
  EFBIG: {
    code: "too-large",
    reason: "what the provider made is larger than the kernel passes on",
    hint: "a newer kernel may pass it; otherwise ask the host for a smaller certificate table",
  },
  ETIMEDOUT: {
    code: "host-busy",
    reason: "the host was busy for a minute",
    hint:
      "the kernel has wiped the key it talks to the firmware with (VMPCK), so there will be no " +
      "report until the guest restarts; ask for reports less often",
  },
  ENOTTY: {
    code: "key-wiped",
    reason: "the kernel has no key to talk to the firmware (VMPCK) any more",
    hint:
      "an earlier request failed and the key was wiped; restart the guest, or load sev-guest with " +
      "another vmpck_id if one is left",
  },
  EIO: {
    code: "host-failed",
    reason: "the host failed the request",
    hint:
      "its certificate table may be larger than 16 KiB; if the next attempt says ENOTTY, the kernel " +
      "has wiped its key and the guest must restart",
  },
  EBADMSG: {
    code: "bad-answer",
    reason: "the answer was not the firmware's",
    hint:
      "it did not decrypt or was out of sequence; the kernel has wiped its key and the guest must " +
      "restart",
  },
};

/** Name of a system error (`EINVAL`), or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const { code } = error;
  if (typeof code !== "string") return undefined;
  if (/^E[A-Z0-9]+$/.test(code)) return code;
  // libuv has no name for some numbers, EBADMSG among them.
  const number = "errno" in error && typeof error.errno === "number" ? -error.errno : 0;
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0];
}

/**
 * What a failed operation on an entry means.
 * @param subject The attribute's name, or the entry's path.
 * @returns the error to throw; what is no system error comes back as it is.
 */
export function explain(error: unknown, action: TsmAction, subject: string): unknown {
  const errno = errnoOf(error);
  if (errno === undefined) return error;
  const asksFirmware = action === "read" && BLOBS.has(subject);
  const meaning =
    (asksFirmware && Object.hasOwn(READING_BLOBS, errno) ? READING_BLOBS[errno] : undefined) ??
    (Object.hasOwn(ANYWHERE, errno) ? ANYWHERE[errno] : undefined);
  const what = `cannot ${action} ${subject}`;
  if (meaning === undefined) {
    const hint = "see the kernel's log (dmesg) for what happened";
    return new TsmError("system", `${what}: ${errno}`, { errno, hint, cause: error });
  }
  const { code, reason, hint } = meaning;
  return new TsmError(code, `${what}: ${reason} (${errno})`, { errno, hint, cause: error });
}
