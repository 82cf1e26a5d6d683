// SPDX-License-Identifier: Apache-2.0
// AMD's sev-tool (as of July 2023, no longer kept up), and what to write here.

import type { Peer } from "../../like/row.ts";

export const SEV_TOOL: Peer = {
  name: "sev-tool",
  title: "sev-tool (July 2023)",
  example: {
    theirs: "sevtool --ofolder . --generate_launch_blob 0f",
    ours: "greenlight session make pdh.cert --unverified --form sev-tool --policy 0x0f",
  },
  groups: [
    {
      title: "All commands",
      rows: [
        {
          theirs: "--ofolder DIR",
          meaning: "folder with files of fixed names",
          ours: "files are named one by one; --folder where several are written",
          command: "session make",
          options: ["folder"],
        },
        {
          theirs: "--verbose, --brief",
          meaning: "more or less output",
          ours: "--verbose, --quiet",
          command: "verify sev",
          options: ["verbose", "quiet"],
        },
        { theirs: "--help", meaning: "help", ours: "`greenlight COMMAND --help`" },
        {
          theirs: "--sys_info",
          meaning: "what machine this is",
          ours: "not offered: it is the host's part",
        },
        {
          theirs: "--test_all",
          meaning: "tests of itself",
          ours: "`greenlight simulate command` plays every command of the processor",
        },
        {
          theirs: "exit status",
          meaning: "0, also after errors",
          ours: "0 accepted or done, 1 rejected, 2 unreadable, 3 undecided",
        },
      ],
    },
    {
      title: "The platform's owner",
      rows: [
        {
          theirs: "--factory_reset, --pek_gen, --pek_csr",
          meaning: "commands of the processor",
          ours:
            "not offered for real processors; `greenlight simulate command platform-reset`, " +
            "`greenlight simulate command pek-gen`, `greenlight simulate command pek-csr` on a simulated one",
        },
        {
          theirs: "--pdh_gen, --pdh_cert_export",
          meaning: "a new PDH; PDH and chain into files",
          ours:
            "not offered for real processors; `greenlight simulate command pdh-gen`, " +
            "`greenlight simulate command pdh-cert-export` on a simulated one",
        },
        {
          theirs: "--platform_status, --get_id",
          meaning: "state and id of the processor",
          ours:
            "not offered for real processors: query-sev and query-sev-capabilities tell them; " +
            "`greenlight simulate command platform-status`, `greenlight simulate command get-id` of a " +
            "simulated one",
        },
        {
          theirs: "--sign_pek_csr CSR OCA_KEY, --pek_cert_import CSR OCA",
          meaning: "put the PEK under an OCA",
          ours:
            "not offered for real processors; `greenlight simulate command pek-cert-import` on a " +
            "simulated one",
        },
        {
          theirs: "--set_self_owned, --set_externally_owned OCA_KEY",
          meaning: "whose the platform is",
          ours: "not offered: it is the host's part; `greenlight verify sev --owner OCA` demands one",
          findings: ["sev.oca.not-allowed"],
        },
        {
          theirs: "--generate_cek_ask, --get_ask_ark",
          meaning: "CEK, ASK and ARK from AMD",
          ours: "`greenlight verify sev --chip-id HEX` fetches the CEK; ASK and ARK are built in",
          findings: ["sev.cek.missing"],
        },
        {
          theirs: "--export_cert_chain",
          meaning: "all certificates as certs_export.zip",
          ours: "not offered: it is the host's part; `greenlight verify sev` takes the files in it",
        },
        {
          theirs: "--export_cert_chain_vcek",
          meaning: "the SEV-SNP certificates as certs_export_vcek.zip",
          ours: "`greenlight kds fetch REPORT --out FOLDER`",
        },
      ],
    },
    {
      title: "The guest's owner",
      rows: [
        {
          theirs: "--validate_cert_chain",
          meaning: "PDH up to AMD's root",
          ours: "`greenlight verify sev pdh.cert pek.cert oca.cert cek.cert`",
          findings: ["sev.ark.not-pinned", "sev.cek.signature", "sev.pdh.pek-signature"],
          note: "roots are pinned here, and key ids compared in full",
        },
        {
          theirs: "--generate_launch_blob POLICY",
          meaning: "session and owner's certificate",
          ours: "`greenlight session make FILE... --form sev-tool --policy 0xPOLICY`",
          note:
            "hexadecimal without 0x there, and only the low 8 bits count: the minimum API is lost; " +
            "QEMU and libvirt want base64, which --form sevctl writes",
        },
        {
          theirs: "--calc_measurement CTX MAJOR MINOR BUILD POLICY DIGEST NONCE TIK",
          meaning: "the measurement for a digest",
          ours:
            "`greenlight measure --launch-digest DIGEST --nonce NONCE --tik FILE --api-major N " +
            "--api-minor N --build-id N --policy N`",
          note: "all of it in hexadecimal there, the key too; here numbers are decimal or 0x",
        },
        {
          theirs: "--package_secret",
          meaning: "secret.txt as a packet, for calc_measurement_out.bin",
          ours: "`greenlight secret build --tk tmp_tk.bin --secret GUID:secret.txt`",
          note: "there the file is sent as it is: the table that firmware looks for has to be in it",
        },
        {
          theirs: "--validate_attestation",
          meaning: "a legacy attestation report, with pek.cert",
          ours: "`greenlight verify sev FILE... --report attestation_report.bin`",
          findings: ["sev.report.signature", "sev.report.signer"],
        },
        {
          theirs: "--validate_guest_report, --validate_cert_chain_vcek",
          meaning: "an SEV-SNP report and its certificates",
          ours: "`greenlight verify guest_report.bin --certs vcek.pem`",
          findings: ["snp.report.signature", "snp.chain.ark-not-pinned"],
        },
      ],
    },
    {
      title: "Its files",
      rows: [
        {
          theirs:
            "pdh.cert, pek.cert, oca.cert, cek.cert, ask.cert, ark.cert, ask_ark.cert, cert_chain.cert",
          meaning: "certificates",
          ours: "`greenlight verify sev FILE...`, `greenlight inspect FILE`, `greenlight diff A B`",
        },
        {
          theirs: "*_readable.txt, *_readable.cert",
          meaning: "certificates for people",
          ours: "`greenlight inspect FILE`",
        },
        {
          theirs: "pek_csr.cert, pek_csr.signed.cert",
          meaning: "the PEK as a request, and signed by the OCA",
          ours: "`greenlight inspect FILE`",
        },
        {
          theirs: "getid_s0_out.txt, getid_s1_out.txt",
          meaning: "ids of the chips of both sockets",
          ours: "--chip-id HEX",
          command: "verify sev",
          options: ["chip-id"],
        },
        {
          theirs: "godh.cert, launch_blob.bin",
          meaning: "owner's certificate and session",
          ours: "--form sev-tool writes them; `greenlight session convert` turns them into base64",
          command: "session make",
          options: ["form"],
        },
        {
          theirs: "tmp_tk.bin",
          meaning: "both keys of the session",
          ours: "--tk FILE",
          command: "secret build",
          options: ["tk"],
        },
        {
          theirs: "calc_measurement_out.txt, calc_measurement_out.bin",
          meaning: "the measurement",
          ours: "on standard output; as a file for --measurement: 48 bytes, with the nonce",
          command: "secret build",
          options: ["measurement"],
        },
        {
          theirs: "packaged_secret.bin, packaged_secret_header.bin",
          meaning: "payload and header of the packet, raw",
          ours: "--payload-file, --header-file, --binary; `greenlight secret open HEADER PAYLOAD`",
          command: "secret build",
          options: ["payload-file", "header-file", "binary"],
        },
      ],
    },
  ],
};
