// SPDX-License-Identifier: Apache-2.0
// How it is judged: the instant, the policy, and the values that can be typed without a policy.

import type { JSX } from "preact";
import { fieldOf, formatInstant, instantOf } from "../model/instant.ts";
import { policyToText } from "../model/policy-text.ts";
import { TYPED_SIZES, typedProblem } from "../model/session.ts";
import type { Typed } from "../model/session.ts";
import { instant, policy, roles, typed } from "../state/session.ts";
import type { Judged } from "../state/session.ts";

/** One line that says how, and unfolds to what can be changed. */
export function Judging({ judged }: { readonly judged: Judged }): JSX.Element {
  const given = roles.value.policy;
  const by = given === undefined ? "the default policy" : `the policy of ${given.file.name}`;
  const added = Object.values(typed.value).some((text) => text !== "");
  return (
    <details class="judging">
      <summary>
        Judged as of {formatInstant(judged.at)}
        {instant.value === undefined ? " (now)" : ""} by {by}
        {added ? " and what is typed here" : ""}. <span class="action">Change</span>
      </summary>
      <div class="form">
        <Instant at={judged.at} />
        <TypedField what="measurement" label="Measurement it must have" />
        <TypedField what="reportData" label="Report data it must carry" />
      </div>
      <details class="policy">
        <summary>
          The policy in force: {policy.value.name === "" ? "without a name" : policy.value.name}
        </summary>
        <p class="soft">
          Drop a policy as JSON to judge by it; fields it leaves out are as in the default policy.
        </p>
        <pre tabIndex={0} aria-label="Policy as JSON">
          {policyToText(policy.value)}
        </pre>
      </details>
    </details>
  );
}

function Instant({ at }: { readonly at: number }): JSX.Element {
  return (
    <div>
      <label for="instant">Verify as of (UTC)</label>
      <span class="line">
        <input
          id="instant"
          type="datetime-local"
          step="1"
          value={fieldOf(at)}
          onChange={({ currentTarget }) => {
            const wanted = instantOf(currentTarget.value);
            if (wanted !== undefined) instant.value = wanted;
          }}
        />
        <button
          type="button"
          class="small"
          disabled={instant.value === undefined}
          onClick={() => {
            instant.value = undefined;
          }}
        >
          Now
        </button>
      </span>
    </div>
  );
}

function TypedField({
  what,
  label,
}: {
  readonly what: keyof Typed;
  readonly label: string;
}): JSX.Element {
  const text = typed.value[what];
  const problem = typedProblem(what, text);
  return (
    <div class="wide">
      <label for={what}>
        {label} <span class="soft">({TYPED_SIZES[what]} bytes, hexadecimal)</span>
      </label>
      <input
        id={what}
        class="mono"
        spellcheck={false}
        autocomplete="off"
        value={text}
        aria-invalid={problem !== undefined}
        aria-describedby={`${what}-problem`}
        onInput={({ currentTarget }) => {
          typed.value = { ...typed.peek(), [what]: currentTarget.value };
        }}
      />
      <span id={`${what}-problem`} class="problem">
        {problem === undefined ? "" : `Not used: it ${problem}.`}
      </span>
    </div>
  );
}
