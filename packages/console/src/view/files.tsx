// SPDX-License-Identifier: Apache-2.0
// Provenance: every file that was given, what it is, its hash, and how it was read.

import type { JSX } from "preact";
import { describeContent } from "../model/content.ts";
import type { GivenFile } from "../model/content.ts";
import { files, forget, forgetAll } from "../state/files.ts";
import { chosen, current } from "../state/session.ts";
import { Copy } from "./copy.tsx";

/** Every file, with what was understood of it. */
export function Files(): JSX.Element | null {
  const all = files.value;
  if (all.length === 0) return null;
  return (
    <section aria-labelledby="files">
      <h2 id="files">Files</h2>
      <ul class="files">
        {all.map((file) => (
          <FileRow key={file.id} file={file} />
        ))}
      </ul>
      <p>
        <button type="button" onClick={forgetAll}>
          Forget all files
        </button>
      </p>
    </section>
  );
}

function FileRow({ file }: { readonly file: GivenFile }): JSX.Element {
  const { id, name, size, sha256, content } = file;
  const isCurrent = current.value?.file.id === id;
  return (
    <li class={content.kind === "unreadable" ? "bad" : ""}>
      <p class="line">
        <b>{name}</b>
        <span>
          {describeContent(content)}, {size} bytes
        </span>
        {content.kind === "evidence" && !isCurrent ? (
          <button
            type="button"
            class="small"
            onClick={() => {
              chosen.value = id;
            }}
          >
            Look at this one
          </button>
        ) : null}
        {isCurrent ? <span class="soft">looked at above</span> : null}
        <button
          type="button"
          class="small"
          aria-label={`Forget ${name}`}
          onClick={() => forget(id)}
        >
          Forget
        </button>
      </p>
      <Notes content={content} />
      {sha256 === "" ? null : (
        <p class="line soft">
          SHA-256 <code class="long">{sha256}</code>{" "}
          <Copy text={sha256} what={`SHA-256 of ${name}`} />
        </p>
      )}
    </li>
  );
}

function Notes({ content }: Pick<GivenFile, "content">): JSX.Element | null {
  if (content.kind === "unreadable") {
    const { reason, hint } = content;
    return (
      <p class="problem">
        {reason}.{hint === undefined ? "" : ` ${hint}.`}
      </p>
    );
  }
  if (content.kind === "certificates") {
    return (
      <ul class="soft">
        {content.parts.map((part) => (
          <li key={part.from}>
            {"certificate" in part
              ? (part.certificate.subject.commonName ?? part.certificate.subject.text)
              : "list" in part
                ? `list of ${part.list.issuer.commonName ?? part.list.issuer.text}, revokes ${part.list.revoked.length}`
                : `not readable: ${part.problem}`}
          </li>
        ))}
      </ul>
    );
  }
  if (content.kind !== "evidence" || content.evidence.notes.length === 0) return null;
  return (
    <ul class="soft">
      {content.evidence.notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
