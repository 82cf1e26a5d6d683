// SPDX-License-Identifier: Apache-2.0
// The sev-guest or sev-snp-guest object of a command line.

import type { LaunchDescription, OwnerInput } from "./description.ts";
import { isOn } from "./option-value.ts";
import type { OptionValue } from "./option-value.ts";
import type { Options } from "./options.ts";

/** Reads a file that a configuration names; undefined when it is not to be had. */
export type FileReader = (path: string) => Uint8Array | undefined;

const KINDS: ReadonlyMap<string, LaunchDescription["kind"]> = new Map([
  ["sev-guest", "sev"],
  ["sev-snp-guest", "sev-snp"],
]);

/** The object that the machine uses; undefined when it uses none, or one of another kind. */
export function describeLaunch(
  line: Options,
  machine: OptionValue,
  readFile: FileReader,
): LaunchDescription | undefined {
  const current = machine.get("confidential-guest-support");
  const id = current ?? machine.get("memory-encryption");
  if (id === undefined) return undefined;
  const object = line.all("object").find((each) => each.get("id") === id);
  const kind = KINDS.get(object?.get("qom-type") ?? "");
  if (object === undefined || kind === undefined) return undefined;
  const input = (key: string): OwnerInput | undefined => {
    const file = object.get(key);
    if (file === undefined) return undefined;
    const content = readFile(file);
    return { file, ...(content === undefined ? {} : { content }) };
  };
  const policy = object.get("policy");
  return {
    kind,
    deprecatedForm: current === undefined,
    policy: policy === undefined ? undefined : readPolicy(policy),
    hasCbitpos: object.has("cbitpos"),
    hasReducedPhysBits: object.has("reduced-phys-bits"),
    kernelHashes: isOn(object.get("kernel-hashes")),
    godh: input("dh-cert-file"),
    session: input("session-file"),
    legacyVmType: object.get("legacy-vm-type"),
    sharedKey: !/^(0x)?0*$/i.test(object.get("handle") ?? ""),
  };
}

/** A number as QEMU reads one: decimal, hexadecimal with 0x, octal with 0. */
export function readPolicy(text: string): bigint | "invalid" {
  if (/^(0x[0-9a-f]{1,16}|0|[1-9][0-9]{0,19})$/i.test(text)) return BigInt(text);
  return /^0[0-7]{1,21}$/.test(text) ? BigInt(`0o${text.slice(1)}`) : "invalid";
}
