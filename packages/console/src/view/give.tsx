// SPDX-License-Identifier: Apache-2.0
// Where files come in: dropped, chosen, or pasted as text.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { files, give, reading } from "../state/files.ts";
import { Busy } from "./busy.tsx";

/** The drop area; small once there is something to look at. */
export function Give(): JSX.Element {
  const isOver = useSignal(false);
  useEffect(() => {
    const stopListening = new AbortController();
    const { signal } = stopListening;
    const over = (event: DragEvent): void => {
      event.preventDefault();
      isOver.value = true;
    };
    document.addEventListener("dragover", over, { signal });
    document.addEventListener(
      "dragleave",
      (event) => {
        if (event.relatedTarget === null) isOver.value = false;
      },
      { signal },
    );
    document.addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        isOver.value = false;
        void giveTransfer(event.dataTransfer);
      },
      { signal },
    );
    document.addEventListener(
      "paste",
      (event) => {
        if (event.target instanceof HTMLElement && event.target.matches("input, textarea")) return;
        void giveTransfer(event.clipboardData);
      },
      { signal },
    );
    return () => stopListening.abort();
  }, []);
  const isEmpty = files.value.length === 0;
  return (
    <div class={`give${isEmpty ? " empty" : ""}${isOver.value ? " over" : ""}`}>
      <label class="choose">
        <input
          type="file"
          multiple
          aria-describedby="give-about"
          onChange={({ currentTarget }) => {
            void giveFiles(currentTarget.files);
            // The same file can be chosen again after it was forgotten.
            currentTarget.value = "";
          }}
        />
        <span class="button">Choose files</span>
      </label>
      <span id="give-about">
        {isEmpty
          ? "or drop them anywhere on this page, or paste hexadecimal, base64 or PEM."
          : "or drop or paste more."}
      </span>
      <PasteText />
      {reading.value.map(({ id, name, done, stop }) => (
        <Busy key={id} what={`reading ${name}`} done={done} stop={stop} />
      ))}
    </div>
  );
}

/** A place to paste to that can be seen and reached by keyboard. */
function PasteText(): JSX.Element {
  const text = useSignal("");
  const take = (): void => {
    if (text.value.trim() === "") return;
    void give([{ name: "pasted text", data: new Blob([text.value]) }]);
    text.value = "";
  };
  return (
    <details class="paste">
      <summary>Paste text</summary>
      <label for="paste">Hexadecimal, base64, PEM or JSON</label>
      <textarea
        id="paste"
        rows={4}
        spellcheck={false}
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
        }}
      />
      <button type="button" onClick={take}>
        Read it
      </button>
    </details>
  );
}

async function giveTransfer(transfer: DataTransfer | null): Promise<void> {
  if (transfer === null) return;
  if (transfer.files.length > 0) return giveFiles(transfer.files);
  const text = transfer.getData("text/plain");
  if (text.trim() !== "") await give([{ name: "pasted text", data: new Blob([text]) }]);
}

async function giveFiles(list: FileList | null): Promise<void> {
  await give(Array.from(list ?? [], (file) => ({ name: file.name, data: file })));
}
