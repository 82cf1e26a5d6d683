// SPDX-License-Identifier: Apache-2.0
// The page: verdict first, then its reasons, then what it was made from.

import type { JSX } from "preact";
import type { Sample } from "../model/sample.ts";
import { files } from "../state/files.ts";
import { canVerify, judgement } from "../state/session.ts";
import type { Judged } from "../state/session.ts";
import { Bytes } from "./bytes.tsx";
import { Chain } from "./chain.tsx";
import { Empty } from "./empty.tsx";
import { Files } from "./files.tsx";
import { Findings } from "./findings.tsx";
import { Give } from "./give.tsx";
import { Judging } from "./judging.tsx";
import { Measurement } from "./measurement.tsx";
import { Share } from "./share.tsx";
import { VerdictView } from "./verdict.tsx";

/** Everything on the page. */
export function App({ samples }: { readonly samples: readonly Sample[] }): JSX.Element {
  const isEmpty = files.value.length === 0;
  return (
    <>
      <header>
        <h1>
          Greenlight <span>evidence explorer</span>
        </h1>
        <Give />
      </header>
      <main>
        {canVerify() ? null : (
          <p class="problem" role="alert">
            This browser gives pages opened this way no cryptography (crypto.subtle is missing), so
            signatures cannot be verified. Open the page from a file, over https, or from localhost.
          </p>
        )}
        {isEmpty ? <Empty samples={samples} /> : <Answer />}
        <Measurement />
        <Bytes />
        <Files />
        <Share />
      </main>
      <footer>
        <p class="soft">
          Everything about this page happens here: it is one file, works offline, uploads nothing
          and fetches nothing. Its own policy forbids the browser to connect anywhere.
        </p>
        <Licences />
      </footer>
    </>
  );
}

/** The verdict and its reasons, as far as they are known. */
function Answer(): JSX.Element {
  const now = judgement.value;
  switch (now.state) {
    case "nothing":
      return <NoEvidence />;
    case "stuck":
      return (
        <p class="problem" role="alert">
          Verification stopped: {now.reason}.
        </p>
      );
    case "working":
      return now.last === undefined ? (
        <p role="status">Verifying…</p>
      ) : (
        <Reasons judged={now.last} />
      );
    case "done":
      return <Reasons judged={now.judged} />;
  }
}

function Reasons({ judged }: { readonly judged: Judged }): JSX.Element {
  return (
    <>
      <VerdictView judged={judged} />
      <Judging judged={judged} />
      <Findings findings={judged.verdict.findings} />
      <Chain judged={judged} />
    </>
  );
}

/** Files, but none that could be judged. */
function NoEvidence(): JSX.Element {
  const unreadable = files.value.filter(({ content }) => content.kind === "unreadable");
  return (
    <section aria-labelledby="verdict" class="verdict unknown">
      <div role="status">
        <h2 id="verdict">
          <span>
            <b>Nothing to judge yet.</b>{" "}
            {unreadable.length === 0
              ? "Drop a report or other evidence beside these files."
              : "No evidence among these files."}
          </span>
        </h2>
      </div>
      {unreadable.map(({ id, name, content }) =>
        content.kind === "unreadable" ? (
          <p key={id} class="problem">
            {name}: {content.reason}.{content.hint === undefined ? "" : ` ${content.hint}.`}
          </p>
        ) : null,
      )}
    </section>
  );
}

/** Licences of other projects' code, which the build put beside the script. */
function Licences(): JSX.Element {
  return (
    <details class="soft">
      <summary>Greenlight is under Apache-2.0; licences of code from others</summary>
      <pre class="licences">{document.querySelector("#licences")?.textContent}</pre>
    </details>
  );
}
