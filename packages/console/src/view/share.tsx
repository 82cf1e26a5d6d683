// SPDX-License-Identifier: Apache-2.0
// The result to take along: everything as JSON, and the attestation result.

import type { JSX } from "preact";
import { attestationResultText, resultText } from "../model/result.ts";
import { files } from "../state/files.ts";
import { judgement } from "../state/session.ts";

/** Two downloads, made in the page. */
export function Share(): JSX.Element | null {
  const now = judgement.value;
  if (now.state !== "done") return null;
  const { judged } = now;
  return (
    <section aria-labelledby="share">
      <h2 id="share">Take the result along</h2>
      <p class="line">
        <button
          type="button"
          onClick={() => save("greenlight-result.json", resultText(judged, files.peek()))}
        >
          Download result (JSON)
        </button>
        <button
          type="button"
          onClick={() => save("attestation-result.json", attestationResultText(judged, build()))}
        >
          Download attestation result (EAR claims, not signed)
        </button>
      </p>
    </section>
  );
}

/** The program that this page is, as its build wrote it. */
function build(): string {
  return document.querySelector<HTMLMetaElement>("meta[name=generator]")?.content ?? "Greenlight";
}

/** Hands a text to the browser as a download; nothing leaves the machine. */
function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the data once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
