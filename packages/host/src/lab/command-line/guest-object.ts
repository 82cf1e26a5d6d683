// SPDX-License-Identifier: Apache-2.0
// The launch parameters on the command line: the object sev-guest or sev-snp-guest that -machine names.
// QEMU: qapi/qom.json, SevGuestProperties and SevSnpGuestProperties.

import type { CommandOption } from "../../machine/lint/command-line.ts";
import { isOn, optionValue } from "../../machine/lint/option-value.ts";
import type { OptionValue } from "../../machine/lint/option-value.ts";
import { base64Bytes } from "../base64.ts";
import { QemuRefusal } from "../qemu-refusal.ts";

/** What both kinds of objects have. */
interface GuestObjectBase {
  readonly id: string;
  readonly cbitpos: number;
  readonly reducedPhysBits: number;
  readonly kernelHashes: boolean;
}

/** An object of type sev-guest. */
export interface SevGuestObject extends GuestObjectBase {
  readonly kind: "sev";
  /** 32 bits. */
  readonly policy: number;
  readonly handle: number;
  /** Files with base64 text. */
  readonly dhCertFile?: string;
  readonly sessionFile?: string;
  /** Whether KVM_SEV_INIT2 makes the VMSA pages: `legacy-vm-type=off`. */
  readonly init2: boolean;
}

/** An object of type sev-snp-guest. */
export interface SnpGuestObject extends GuestObjectBase {
  readonly kind: "sev-snp";
  /** 64 bits. */
  readonly policy: bigint;
  readonly idBlock?: Uint8Array;
  readonly idAuth?: Uint8Array;
  readonly authorKeyEnabled: boolean;
  readonly vcekDisabled: boolean;
  readonly hostData?: Uint8Array;
  readonly workarounds?: Uint8Array;
}

/** The launch parameters of a guest. */
export type GuestObject = SevGuestObject | SnpGuestObject;

/** Machine properties that name the object; the second is the older one. */
export const SUPPORT_KEYS = ["confidential-guest-support", "memory-encryption"] as const;

/** Types of objects that the lab imitates. */
export const GUEST_TYPES: ReadonlySet<string> = new Set(["sev-guest", "sev-snp-guest"]);

/**
 * The object that the machine is launched with; undefined for a machine without encryption.
 * @throws {QemuRefusal} as QEMU refuses it.
 */
export function readGuestObject(options: readonly CommandOption[]): GuestObject | undefined {
  const machine = options
    .filter(({ name }) => name === "machine" || name === "M")
    .map(({ value }) => optionValue(value, "type"));
  const wanted = SUPPORT_KEYS.map((key) =>
    machine.findLast((each) => each.has(key))?.get(key),
  ).find((id) => id !== undefined);
  if (wanted === undefined) return undefined;
  for (const { name, value } of options) {
    if (name !== "object") continue;
    const properties = optionValue(value, "qom-type");
    const type = properties.get("qom-type");
    if (properties.get("id") !== wanted || type === undefined) continue;
    if (!GUEST_TYPES.has(type)) {
      throw new QemuRefusal(`object '${wanted}' is of type ${type}, which the lab does not know`);
    }
    const reader = new ObjectReader(properties, `-object ${value}`);
    return type === "sev-guest" ? sevGuest(wanted, reader) : snpGuest(wanted, reader);
  }
  throw new QemuRefusal(`No such confidential guest support object '${wanted}'`);
}

function base(id: string, reader: ObjectReader): GuestObjectBase {
  if (reader.text("reduced-phys-bits") === undefined) {
    throw reader.refusal("Parameter 'reduced-phys-bits' is missing");
  }
  return {
    id,
    cbitpos: Number(reader.number("cbitpos", 32) ?? 0n),
    reducedPhysBits: Number(reader.number("reduced-phys-bits", 32) ?? 0n),
    kernelHashes: reader.flag("kernel-hashes"),
  };
}

function sevGuest(id: string, reader: ObjectReader): SevGuestObject {
  const dhCertFile = reader.text("dh-cert-file");
  const sessionFile = reader.text("session-file");
  return {
    ...base(id, reader),
    kind: "sev",
    policy: Number(reader.number("policy", 32) ?? 1n),
    handle: Number(reader.number("handle", 32) ?? 0n),
    ...(dhCertFile === undefined ? {} : { dhCertFile }),
    ...(sessionFile === undefined ? {} : { sessionFile }),
    init2: reader.text("legacy-vm-type") === "off",
  };
}

function snpGuest(id: string, reader: ObjectReader): SnpGuestObject {
  const idBlock = reader.blob("id-block", 96, 96);
  const idAuth = reader.blob("id-auth", 1, 4096);
  const hostData = reader.blob("host-data", 32, 32);
  const workarounds = reader.blob("guest-visible-workarounds", 16, 16);
  return {
    ...base(id, reader),
    kind: "sev-snp",
    policy: reader.number("policy", 64) ?? 0x30000n,
    authorKeyEnabled: reader.flag("author-key-enabled"),
    vcekDisabled: reader.flag("vcek-disabled"),
    ...(idBlock === undefined ? {} : { idBlock }),
    ...(idAuth === undefined ? {} : { idAuth }),
    ...(hostData === undefined ? {} : { hostData }),
    ...(workarounds === undefined ? {} : { workarounds }),
  };
}

/** Properties of an object as values; what does not fit is refused in QEMU's words. */
class ObjectReader {
  readonly #properties: OptionValue;
  readonly #where: string;

  constructor(properties: OptionValue, where: string) {
    this.#properties = properties;
    this.#where = where;
  }

  text(key: string): string | undefined {
    return this.#properties.get(key);
  }

  flag(key: string): boolean {
    const text = this.text(key);
    if (text === undefined || ["off", "no", "false", "n"].includes(text)) return false;
    if (isOn(text)) return true;
    throw this.refusal(`Invalid parameter type for '${key}', expected: boolean`);
  }

  number(key: string, bits: number): bigint | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const fits = /^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(text);
    const value = fits ? BigInt(text) : -1n;
    if (value >= 0n && value < 1n << BigInt(bits)) return value;
    throw this.refusal(`Parameter '${key}' expects uint${bits}`);
  }

  blob(key: string, least: number, most: number): Uint8Array | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const bytes = base64Bytes(text);
    if (bytes === undefined) throw this.refusal(`${key}: Base64 data '${text}' is not valid`);
    if (bytes.length > most) {
      throw this.refusal(`parameter length of ${bytes.length} exceeds max of ${most}`);
    }
    if (bytes.length < least) {
      throw this.refusal(`parameter length of ${bytes.length} not equal to ${least}`);
    }
    return bytes;
  }

  refusal(text: string): QemuRefusal {
    return new QemuRefusal(`${this.#where}: ${text}`);
  }
}
