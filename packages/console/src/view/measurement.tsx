// SPDX-License-Identifier: Apache-2.0
// The measurement of the report beside the one that a firmware and its parameters give.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { hexEncode } from "@greenlight/core/bytes";
import { checkFirmwareFor } from "@greenlight/core/firmware";
import { blockers } from "@greenlight/core/finding";
import {
  PROFILES,
  SEARCHED_VCPUS,
  boot,
  compute,
  computedDigest,
  form,
  search,
  searched,
  stopWork,
} from "../state/measurement.ts";
import { judgement, roles, typed } from "../state/session.ts";
import type { FirmwareFile } from "../model/session.ts";
import { Copy } from "./copy.tsx";
import { Comparison } from "./difference.tsx";
import { FindingRow } from "./finding.tsx";
import { LaunchFields } from "./launch-fields.tsx";
import { Mark } from "./mark.tsx";
import { Busy } from "./busy.tsx";

/** Measurement of the report, and the computed one when there is a firmware. */
export function Measurement(): JSX.Element | null {
  const now = judgement.value;
  const last = now.state === "done" ? now.judged : now.state === "working" ? now.last : undefined;
  const report = last?.verdict.report;
  const { firmware } = roles.value;
  if (report === undefined && firmware === undefined) return null;
  return (
    <section aria-labelledby="measurement-title">
      <h2 id="measurement-title">Measurement</h2>
      {firmware === undefined ? (
        <Alone measurement={report === undefined ? "" : hexEncode(report.measurement)} />
      ) : (
        <Compared firmware={firmware} measurement={report?.measurement} />
      )}
    </section>
  );
}

function Alone({ measurement }: { readonly measurement: string }): JSX.Element {
  return (
    <>
      <p class="line">
        <code class="long">{measurement}</code> <Copy text={measurement} what="measurement" />
      </p>
      <p class="soft">
        Drop the firmware the guest was started with (OVMF.fd) to compute the measurement it must
        have, and compare.
      </p>
    </>
  );
}

function Compared({
  firmware,
  measurement,
}: {
  readonly firmware: FirmwareFile;
  readonly measurement: Uint8Array | undefined;
}): JSX.Element {
  const { image, file } = firmware;
  useEffect(() => {
    void compute();
  }, [image, form.value, boot.value]);
  const now = computedDigest.value;
  const actual = measurement === undefined ? undefined : hexEncode(measurement);
  const suits = blockers(checkFirmwareFor(image, { mode: "snp", vcpus: 2 }));
  return (
    <>
      <LaunchFields firmware={file.name} />
      {suits.length === 0 ? null : (
        <ul class="findings">
          {suits.map((finding) => (
            <FindingRow key={finding.id} finding={finding} open />
          ))}
        </ul>
      )}
      {now.state === "working" ? (
        <Busy what={now.what} done={now.done} stop={stopWork} />
      ) : now.state === "failed" ? (
        <p class="problem">
          Not computed: {now.reason}. {now.hint === undefined ? null : `${now.hint}.`}
        </p>
      ) : now.state === "done" && now.result !== "" ? (
        <Result computed={now.result} actual={actual} />
      ) : null}
      {now.state === "done" && actual !== undefined && now.result !== actual ? (
        <Search wanted={measurement} />
      ) : null}
    </>
  );
}

function Result({
  computed,
  actual,
}: {
  readonly computed: string;
  readonly actual: string | undefined;
}): JSX.Element {
  const isPinned = typed.value.measurement === computed;
  return (
    <div aria-live="polite">
      {actual === undefined ? null : (
        <p>
          <Mark outcome={computed === actual ? "pass" : "fail"} />{" "}
          {computed === actual
            ? "The report has the measurement of this launch."
            : "The report has another measurement than this launch."}
        </p>
      )}
      <Comparison expected={computed} actual={actual} names={["computed", "report"]} />
      <p class="line">
        <Copy text={computed} what="computed measurement" />
        {actual === undefined ? null : (
          <button
            type="button"
            class="small"
            disabled={isPinned}
            onClick={() => {
              typed.value = { ...typed.peek(), measurement: computed };
            }}
          >
            {isPinned ? "The policy demands it" : "Demand it: judge by the computed measurement"}
          </button>
        )}
      </p>
    </div>
  );
}

/** The parameters that nobody remembers, tried out. */
function Search({ wanted }: { readonly wanted: Uint8Array | undefined }): JSX.Element | null {
  if (wanted === undefined) return null;
  const now = searched.value;
  if (now.state === "working") return <Busy what={now.what} done={now.done} stop={stopWork} />;
  if (now.state === "done" && now.result !== "") return <p>Found: {now.result}.</p>;
  const tried = `1 to ${SEARCHED_VCPUS} vCPUs, all EPYC models, ${PROFILES.length} VMM profiles`;
  return (
    <p>
      {now.state === "done" ? (
        <>
          None of {tried} gives it: the firmware, the kernel or the guest features are others.{" "}
          <code>greenlight diagnose</code> looks further.
        </>
      ) : now.state === "failed" ? (
        `The search ended: ${now.reason}.`
      ) : (
        <button type="button" onClick={() => void search(wanted)}>
          Look for it: {tried}
        </button>
      )}
    </p>
  );
}
