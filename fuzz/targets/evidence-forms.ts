// SPDX-License-Identifier: Apache-2.0
// Targets of SNP evidence: the report, what surrounds it, and the forms of other tools.

import {
  LayoutError,
  base64Encode,
  guidEncode,
  hexEncode,
} from "../../packages/core/src/bytes/index.ts";
import {
  ATTESTATION_REPORT,
  CERTIFICATE_GUIDS,
  HCL_REPORT,
  REPORT_SIZE,
  SVSM_MANIFEST_GUID,
  decodeEvidenceBundle,
  decodeHclReport,
  decodeReport,
  decodeSvsmManifest,
  encodeCertificateTable,
  encodeEvidenceBundle,
  parseCertificateTable,
  readEvidence,
  readRuntimeClaims,
} from "../../packages/core/src/evidence/index.ts";
import type { Target } from "../engine/target.ts";
import { bytesOf, check, concat, declared, sameBytes, shifted, textOf } from "./support.ts";

const u32 = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(Uint32Array.from(values).buffer);

const report = (version: number): Uint8Array => {
  const bytes = Uint8Array.from({ length: REPORT_SIZE }, (_, i) => (i * 5) & 0xff);
  bytes.fill(0, 0, 8);
  bytes[0] = version;
  for (const { offset, codec } of ATTESTATION_REPORT.parts) {
    const isLater = version < (codec.gated?.gate.from ?? 0);
    if (codec.fixed === true || isLater) bytes.fill(0, offset, offset + codec.size);
  }
  return bytes;
};

const PEM = bytesOf("-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n");
const DER = Uint8Array.of(0x30, 3, 2, 1, 1);
const table = encodeCertificateTable(
  CERTIFICATE_GUIDS.map(({ guid }, i) => ({ guid, bytes: i % 2 === 0 ? DER : PEM })).filter(
    (_, i) => i !== 4,
  ),
);

const hcl = (json: string): Uint8Array => {
  const data = bytesOf(json);
  const size = data.length;
  const head = new Uint8Array(HCL_REPORT.size);
  head.set(concat(bytesOf("HCLA"), u32(2, head.length + size, 2)));
  head.set(report(3), 0x20);
  head.set(u32(size + 20, 1, 2, 1, size), 0x4c0);
  return concat(head, data, new Uint8Array(32));
};
const CLAIMS =
  '{"keys":[{"kid":"HCLAkPub","kty":"RSA","e":"AQAB","n":"v5q34gAA","key_ops":["sign"]}],' +
  '"vm-configuration":{"secure-boot":true,"vmUniqueId":"x"},"user-data":"00"}';

const service = (guid: string, offset: number, length: number): Uint8Array =>
  concat(guidEncode(guid), u32(offset, length));
const manifest = concat(
  guidEncode(SVSM_MANIFEST_GUID),
  u32(84, 2),
  service("c476f1eb-0123-45a5-9641-b4e7dde5bfe3", 72, 8),
  service("a4453a59-9e1b-4787-a033-1986d6adbe55", 80, 4),
  new Uint8Array(12),
);

const bundle = encodeEvidenceBundle({
  provider: "sev_guest",
  report: report(5),
  certificateTable: table,
  manifest,
  generation: 3,
});

const numbers = (length: number): string => `[${Array.from({ length }, (_, i) => i).join(",")}]`;
const TCB = '{"fmc":null,"bootloader":4,"tee":0,"snp":24,"microcode":219}';
const serde = `{"attestation_report":{"version":3,"guest_svn":1,"policy":196608,"vmpl":0,"sig_algo":1,"plat_info":37,"key_info":0,"cpuid_fam_id":25,"cpuid_mod_id":1,"cpuid_step":1,${[
  ["family_id", 16],
  ["image_id", 16],
  ["report_data", 64],
  ["measurement", 48],
  ["host_data", 32],
  ["id_key_digest", 48],
  ["author_key_digest", 48],
  ["report_id", 32],
  ["report_id_ma", 32],
  ["chip_id", 64],
]
  .map(([name, length]) => `"${name}":${numbers(Number(length))}`)
  .join(",")},"current_tcb":${TCB},"reported_tcb":${TCB},"committed_tcb":${TCB},"launch_tcb":${TCB},
  "current":{"major":1,"minor":55,"build":40},"committed":{"major":1,"minor":55,"build":40},
  "signature":{"r":${numbers(72)},"s":${numbers(72)}}},"cert_chain":[{"cert_type":"VCEK","data":[48,3,2,1,1]}]}`;

const varint = (value: number): readonly number[] =>
  value < 128 ? [value] : [(value & 127) | 128, value >> 7];
const field = (number: number, ...content: readonly number[]): readonly number[] => [
  ...varint(number * 8 + 2),
  ...varint(content.length),
  ...content,
];
/** Fields of as many zero bytes, with these numbers. */
const blanks = (first: number, ...lengths: readonly number[]): readonly number[] =>
  lengths.flatMap((length, i) => field(first + i, ...Array<number>(length).fill(0)));
const message = Uint8Array.of(
  0x08,
  2,
  0x18,
  0x80,
  0x80,
  0x0c,
  ...blanks(4, 16, 16),
  ...blanks(11, 64, 48, 32, 48, 48, 32, 32),
  ...blanks(19, 64),
  ...blanks(28, 512),
);
const attestation = Uint8Array.of(
  ...field(1, ...message),
  ...field(2, ...field(1, ...DER), ...field(7, ...field(1, 0x61), ...field(2, 1, 2))),
  ...field(3, 8, 1),
);
const escaped = (length: number): string => `"${String.raw`\000`.repeat(length)}"`;
const textproto = [
  "report { version: 2 policy: 0x30000 # guest policy",
  ...Object.entries({
    family_id: 16,
    image_id: 16,
    report_data: 64,
    measurement: 48,
    host_data: 32,
    id_key_digest: 48,
    author_key_digest: 48,
    report_id: 32,
    report_id_ma: 32,
    chip_id: 64,
    signature: 512,
  }).map(([name, length]) => `${name}: ${escaped(length)}`),
  `}\ncertificate_chain: < vcek_cert: "0\\003\\002\\001\\001" extras { key: 'a' value: "b" } >`,
].join("\n");

const expected = declared(LayoutError);

export const targets: readonly Target[] = [
  {
    name: "report",
    seeds: () => [2, 3, 4, 5].map(report),
    maxLength: REPORT_SIZE + 8,
    expected,
    run(data) {
      check(sameBytes(ATTESTATION_REPORT.encode(decodeReport(shifted(data))), data), "round trip");
    },
  },
  {
    name: "certificate-table",
    seeds: () => [table, encodeCertificateTable([]), concat(table, new Uint8Array(64))],
    maxLength: 4096,
    expected,
    run(data) {
      const { entries, certificates, extras, usedSize } = parseCertificateTable(shifted(data));
      check(usedSize <= data.length, "inside its bytes");
      const total = entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
      check(total <= data.length, "entries do not unfold");
      check(certificates.length + extras.length >= entries.length, "no entry is lost");
    },
  },
  {
    name: "hcl-report",
    seeds: () => [hcl("{}"), hcl(CLAIMS)],
    maxLength: 4096,
    expected,
    run(data) {
      const { runtimeData, padding, report: inner } = decodeHclReport(shifted(data));
      const size = HCL_REPORT.size + runtimeData.bytes.length + padding;
      check(size === data.length && inner.length === REPORT_SIZE, "covers its bytes");
      readRuntimeClaims(runtimeData.bytes);
    },
  },
  {
    name: "runtime-claims",
    text: true,
    seeds: () => [bytesOf(CLAIMS), bytesOf("{}")],
    maxLength: 2048,
    expected,
    run(data) {
      const claims = readRuntimeClaims(shifted(data));
      const listed = (claims?.keys.length ?? 0) + (claims?.vmConfiguration.length ?? 0);
      check(listed <= 64, "bounded");
    },
  },
  {
    name: "svsm-manifest",
    seeds: () => [manifest],
    maxLength: 512,
    expected,
    run(data) {
      const { services } = decodeSvsmManifest(shifted(data));
      const total = services.reduce((sum, { bytes }) => sum + bytes.length, 0);
      check(total <= data.length, "services do not share data");
    },
  },
  {
    name: "evidence-bundle",
    text: true,
    seeds: () => [bytesOf(bundle)],
    maxLength: 8192,
    expected,
    run(data) {
      const found = decodeEvidenceBundle(textOf(data));
      const again = decodeEvidenceBundle(encodeEvidenceBundle(found));
      check(sameBytes(found.report, again.report), "round trip");
    },
  },
  {
    name: "evidence",
    seeds: () => [
      report(3),
      concat(report(5), table),
      hcl(CLAIMS),
      concat(u32(0, REPORT_SIZE), new Uint8Array(24), report(2)),
      attestation,
      message,
      bytesOf(hexEncode(report(4))),
      bytesOf(base64Encode(concat(report(3), table))),
      bytesOf(textproto),
      bytesOf(serde),
      bytesOf(bundle),
      bytesOf(`{"provider":"sev_guest","outblob":"${base64Encode(report(3))}","auxblob":""}`),
      bytesOf(`{"platform":"az-snp","evidence":{"hcl_report":"${base64Encode(hcl("{}"))}"}}`),
    ],
    maxLength: 8192,
    expected,
    run(data) {
      const { report: found, form } = readEvidence(shifted(data));
      check(found.length > 0 || form.endsWith("json"), "a report is there");
    },
  },
  {
    name: "go-sev-guest-wire",
    seeds: () => [attestation, message],
    dictionary: [Uint8Array.of(0x0a), Uint8Array.of(0xe2, 1), Uint8Array.of(0xff, 0xff, 3)],
    maxLength: 2048,
    expected,
    run(data) {
      // What does not begin like a message is another form, which has its own target.
      if (data[0] === 0x0a || data[0] === 0x08) readEvidence(shifted(data));
    },
  },
  {
    name: "go-sev-guest-text",
    text: true,
    seeds: () => [bytesOf(textproto)],
    dictionary: ["report {", "version: ", "\\x", "\\u", '"', "'", "}", "<", ">", "#"].map(bytesOf),
    maxLength: 8192,
    expected,
    run(data) {
      const head = bytesOf("report {");
      if (sameBytes(data.subarray(0, head.length), head)) readEvidence(shifted(data));
    },
  },
  {
    name: "evidence-json",
    text: true,
    seeds: () => [bytesOf(serde)],
    dictionary: ["null", "[]", "{}", '"fmc":1', '"OTHER"', "1e99", "-1", "255"].map(bytesOf),
    maxLength: 8192,
    expected,
    run(data) {
      if (data[0] === 0x7b) readEvidence(shifted(data));
    },
  },
];
