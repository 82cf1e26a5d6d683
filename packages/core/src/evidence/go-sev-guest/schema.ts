// SPDX-License-Identifier: Apache-2.0
// The messages of go-sev-guest's proto/sevsnp.proto: names, numbers and types of their fields. Both the
// binary and the text form are read into the same tree by these tables.

/** Type of a field. `map` is map<string, bytes>. */
export type FieldType = "uint32" | "uint64" | "enum" | "bytes" | "string" | "map" | MessageType;

/** A message: its fields by name. */
export interface MessageType {
  readonly name: string;
  readonly fields: Readonly<Record<string, readonly [number: number, type: FieldType]>>;
}

/** Where the messages are defined. */
export const PROTO_SOURCE = "go-sev-guest 0.15.0, proto/sevsnp.proto";

/** Bytes of most values: the message Report holds no longer one. */
export const REPORT_MESSAGE: MessageType = {
  name: "Report",
  fields: {
    version: [1, "uint32"],
    guest_svn: [2, "uint32"],
    policy: [3, "uint64"],
    family_id: [4, "bytes"],
    image_id: [5, "bytes"],
    vmpl: [6, "uint32"],
    signature_algo: [7, "uint32"],
    current_tcb: [8, "uint64"],
    platform_info: [9, "uint64"],
    signer_info: [10, "uint32"],
    report_data: [11, "bytes"],
    measurement: [12, "bytes"],
    host_data: [13, "bytes"],
    id_key_digest: [14, "bytes"],
    author_key_digest: [15, "bytes"],
    report_id: [16, "bytes"],
    report_id_ma: [17, "bytes"],
    reported_tcb: [18, "uint64"],
    chip_id: [19, "bytes"],
    committed_tcb: [20, "uint64"],
    current_build: [21, "uint32"],
    current_minor: [22, "uint32"],
    current_major: [23, "uint32"],
    committed_build: [24, "uint32"],
    committed_minor: [25, "uint32"],
    committed_major: [26, "uint32"],
    launch_tcb: [27, "uint64"],
    signature: [28, "bytes"],
    cpuid1eax_fms: [29, "uint32"],
    launch_mit_vector: [30, "uint64"],
    current_mit_vector: [31, "uint64"],
  },
};

const CERTIFICATE_CHAIN: MessageType = {
  name: "CertificateChain",
  fields: {
    vcek_cert: [1, "bytes"],
    ask_cert: [2, "bytes"],
    ark_cert: [3, "bytes"],
    firmware_cert: [4, "bytes"],
    vlek_cert: [6, "bytes"],
    extras: [7, "map"],
  },
};

const SEV_PRODUCT: MessageType = {
  name: "SevProduct",
  fields: {
    name: [1, "enum"],
    stepping: [2, "uint32"],
    machine_stepping: [3, { name: "UInt32Value", fields: { value: [1, "uint32"] } }],
  },
};

/** The message that `attest` and `check` exchange. */
export const ATTESTATION_MESSAGE: MessageType = {
  name: "Attestation",
  fields: {
    report: [1, REPORT_MESSAGE],
    certificate_chain: [2, CERTIFICATE_CHAIN],
    product: [3, SEV_PRODUCT],
  },
};

/** A message that was read: fields by name; those that are not there have their default in proto3. */
export interface Message {
  readonly type: MessageType;
  readonly values: ReadonlyMap<string, bigint | Uint8Array | string | Message>;
  /** Entries of the map fields, in their order. */
  readonly entries: readonly (readonly [key: string, value: Uint8Array])[];
  /** How many fields were there that the table does not have. */
  readonly unknown: number;
}
