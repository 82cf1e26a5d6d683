// SPDX-License-Identifier: Apache-2.0
// The page before anything was given: what it takes, and something to try it with.

import type { JSX } from "preact";
import { base64Decode } from "@greenlight/core/bytes";
import type { Sample } from "../model/sample.ts";
import { give } from "../state/files.ts";

/** What can be given, and what comes of it. */
const TAKEN: readonly (readonly [what: string, gives: string])[] = [
  ["SEV-SNP report", "1184 bytes, versions 2 to 5; binary, hexadecimal or base64"],
  ["Extended report", "a report with the host's certificate table behind it"],
  ["Evidence of other tools", "configfs-tsm and Trustee JSON, go-sev-guest, Azure HCL reports"],
  [
    "Certificates, revocation lists",
    "DER, PEM or certificate table (auxblob): VCEK, VLEK, ASK, ARK, CRL",
  ],
  ["Firmware", "the OVMF image the guest was started with, to compute its measurement"],
  ["Policy", "JSON, what you demand; without one, a short default policy"],
];

/** The empty page. */
export function Empty({ samples }: { readonly samples: readonly Sample[] }): JSX.Element {
  return (
    <section aria-labelledby="empty">
      <h2 id="empty">May this confidential VM have your secret?</h2>
      <p>
        Drop what the guest sent you. This page decodes it, proves or refutes that it comes from an
        AMD processor, compares it with what you want, and shows every reason with its bytes.
      </p>
      {samples.length === 0 ? null : (
        <>
          <p>Or look at a sample:</p>
          <ul class="samples">
            {samples.map((sample) => (
              <li key={sample.title} class="line">
                <button type="button" onClick={() => void look(sample)}>
                  {sample.title}
                </button>
                <span class="soft">{sample.about}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      <dl class="facts taken">
        {TAKEN.map(([what, gives]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{gives}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

async function look(sample: Sample): Promise<void> {
  await give(
    sample.files.map(({ name, base64, text = "" }) => ({
      name,
      data: new Blob([base64 === undefined ? text : Uint8Array.from(base64Decode(base64))]),
    })),
  );
}
