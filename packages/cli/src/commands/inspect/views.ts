// SPDX-License-Identifier: Apache-2.0
// Which module shows which kind of artefact; each is loaded when a file of its kind is met.

import type { Loaded } from "../../input/recognise.ts";
import type { View, ViewOptions } from "./view.ts";

/** The view of a loaded artefact. */
export async function viewOf({ artefact }: Loaded, options: ViewOptions): Promise<View> {
  switch (artefact.kind) {
    case "firmware":
      return (await import("./firmware.ts")).firmwareView(artefact.image);
    case "svsm":
      return (await import("./firmware.ts")).svsmView(artefact.image);
    case "firmware-descriptor":
      return (await import("./descriptor.ts")).descriptorView(artefact);
    case "vmsa":
      return (await import("./vmsa.ts")).vmsaView(artefact.bytes, options);
    case "kernel-hashes":
      return (await import("./kernel-hashes.ts")).kernelHashesView(artefact);
    case "id-block":
      return (await import("./id-block.ts")).idBlockView(artefact.bytes, options);
    case "id-auth":
      return (await import("./id-auth.ts")).idAuthView(artefact.bytes);
    case "report":
    case "evidence":
      return (await import("./evidence.ts")).evidenceView(artefact, options);
    case "certificate-table":
      return (await import("./certificate-table.ts")).certificateTableView(artefact);
    case "svsm-manifest":
      return (await import("./certificate-table.ts")).svsmManifestView(artefact);
    case "certificate":
      return (await import("./certificate.ts")).certificateView(artefact, options);
    case "crl":
      return (await import("./crl.ts")).crlView(artefact, options);
    case "sev-certificates":
      return (await import("./sev-certificates.ts")).sevCertificatesView(artefact);
    case "sev-secret-table":
      return (await import("./sev-structures.ts")).secretTableView(artefact);
    case "exported-guest":
      return (await import("./exported-guest.ts")).exportedGuestView(artefact);
    case "sev-session":
    case "sev-report":
    case "sev-packet-header":
    case "sev-measurement":
    case "firmware-statement":
      return (await import("./sev-structures.ts")).sevStructureView(artefact);
    case "private-key":
    case "public-key":
      return (await import("./key.ts")).keyView(artefact);
  }
}
