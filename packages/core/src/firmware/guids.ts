// SPDX-License-Identifier: Apache-2.0
// GUIDs of OVMF's footer table and what stands behind them.
// Source: edk2 OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm; coconut-svsm/svsm for the last two.

import type { Guid } from "../bytes/index.ts";

// Those that measuring looks for stand alone, so that a bundle for it holds no others.
export const OVMF_TABLE_FOOTER: Guid = "96b582de-1fb2-45f7-baea-a366c55a082d";
export const SEV_ES_RESET_BLOCK: Guid = "00f771de-1a7e-4fcb-890e-68c77e2fb44e";
export const SEV_LAUNCH_SECRET: Guid = "4c2eb361-7d9b-4cc3-8081-127c90d3d294";
export const SEV_HASH_TABLE: Guid = "7255371f-3a3b-4b04-927b-1da6efa8d454";
export const SEV_METADATA: Guid = "dc886566-984a-4798-a75e-5585a7bf67cc";

/** Entries of the footer table, by the names used in edk2. */
export const FOOTER_GUIDS = {
  OVMF_TABLE_FOOTER,
  SEV_ES_RESET_BLOCK,
  SEV_LAUNCH_SECRET,
  SEV_HASH_TABLE,
  SEV_METADATA,
  TDX_METADATA: "e47a6535-984a-4798-865e-4685a7bf8ec2",
  IGVM_METADATA: "784fa70e-3176-4677-8a20-04b68699e374",
  SVSM_INFO: "a789a612-0597-4c4b-a49f-cbb1fe9d1ddd",
  GUEST_RESET_VECTOR: "813d7b2c-9558-4d88-8b31-1427a85abe69",
} as const satisfies Readonly<Record<string, Guid>>;

/** Name of a known footer GUID. */
export type FooterGuidName = keyof typeof FOOTER_GUIDS;

function isName(name: string): name is FooterGuidName {
  return Object.hasOwn(FOOTER_GUIDS, name);
}

/** Name of a footer GUID, or undefined when it is not one we know. */
export function footerGuidName(guid: Guid): FooterGuidName | undefined {
  return Object.keys(FOOTER_GUIDS)
    .filter(isName)
    .find((name) => FOOTER_GUIDS[name] === guid);
}
