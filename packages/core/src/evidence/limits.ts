// SPDX-License-Identifier: Apache-2.0
// How large evidence may be. Whoever is to be judged chooses these sizes, so they have a bound.

/** Most bytes of any input that is read as evidence, text and JSON included. */
export const MAX_EVIDENCE_SIZE = 0x20_0000;

/**
 * Most bytes of a certificate table. Linux hands out 16 KiB (SEV_FW_BLOB_MAX_SIZE); tables assembled by
 * a service may carry more.
 */
export const MAX_CERTIFICATE_TABLE_SIZE = 0x4_0000;

/** Most entries of a certificate table, its terminator not counted; about 7 are in use. */
export const MAX_CERTIFICATE_TABLE_ENTRIES = 64;

/** Most bytes of a single certificate or revocation list of a table; AMD's have less than 3 KiB. */
export const MAX_CERTIFICATE_ENTRY_SIZE = 0x1_0000;

/** Most bytes of Azure's runtime data; 0x4b0 are the most seen. */
export const MAX_RUNTIME_DATA_SIZE = 0x1_0000;

/** Most bytes of an SVSM services manifest, and most of its services. */
export const MAX_MANIFEST_SIZE = 0x1_0000;
export const MAX_MANIFEST_SERVICES = 64;
