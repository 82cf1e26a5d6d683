// SPDX-License-Identifier: Apache-2.0
// The certificate chain drawn: who signs whom, down to the report; and the same as text.

import type { JSX } from "preact";
import { OUTCOME_WORDS } from "../model/outcome.ts";
import { chainModel } from "../model/chain.ts";
import type { ChainModel, ChainNode } from "../model/chain.ts";
import type { Judged } from "../state/session.ts";
import { Mark, MarkShape } from "./mark.tsx";

/** Sizes of the picture, in its own units, which are pixels on a wide screen. */
const BOX = { width: 196, height: 54 } as const;
const STEP = 92;
const SIDE = { x: 224, width: 112 } as const;

/** The chain of a verdict. */
export function Chain({ judged }: { readonly judged: Judged }): JSX.Element {
  const chain = chainModel(judged.verdict, judged.certificates);
  return (
    <section aria-labelledby="chain">
      <h2 id="chain">Who vouches for it</h2>
      <div class="chain">
        <Picture chain={chain} />
        <ol class="links">
          {[...chain.links, chain.crl].map((node) => (
            <Link key={node.id} node={node} />
          ))}
        </ol>
      </div>
    </section>
  );
}

function Picture({ chain }: { readonly chain: ChainModel }): JSX.Element {
  const { links, crl } = chain;
  const height = (links.length - 1) * STEP + BOX.height + 4;
  const label = `Certificate chain: ${[...links, crl]
    .map(({ role, name, outcome }) => `${role} ${name}, ${OUTCOME_WORDS[outcome]}`)
    .join("; ")}.`;
  return (
    <svg class="picture" viewBox={`0 0 340 ${height}`} role="img" aria-label={label}>
      {links.map((node, i) => (
        <g key={node.id} transform={`translate(2 ${2 + i * STEP})`} class={node.outcome}>
          {i === 0 ? null : (
            <>
              <path class="edge" d={`M${BOX.width / 2} ${BOX.height - STEP}V-7`} />
              <path class="head" d={`M${BOX.width / 2 - 5}-8h10l-5 8z`} />
              <text class="label" x={BOX.width / 2 + 10} y={(BOX.height - STEP) / 2 + 4}>
                signs
              </text>
            </>
          )}
          <Box node={node} width={BOX.width} />
        </g>
      ))}
      <g transform={`translate(${SIDE.x} ${2 + STEP / 2})`} class={crl.outcome}>
        <path
          class="edge"
          d={`M${BOX.width + 2 - SIDE.x} ${-STEP / 2 + BOX.height / 2}H${SIDE.width / 2}V-7`}
        />
        <path class="head" d={`M${SIDE.width / 2 - 5}-8h10l-5 8z`} />
        <path
          class="edge dashed"
          d={`M${SIDE.width / 2} ${BOX.height}V${STEP / 2 + BOX.height / 2}H-17`}
        />
        <path class="head" d={`M-17 ${STEP / 2 + BOX.height / 2 - 5}v10l-8-5z`} />
        <text
          class="label"
          x={SIDE.width / 2 + 6}
          y={STEP / 2 + BOX.height / 2 + 16}
          text-anchor="middle"
        >
          may revoke
        </text>
        <Box node={crl} width={SIDE.width} />
      </g>
    </svg>
  );
}

function Box({ node, width }: { readonly node: ChainNode; readonly width: number }): JSX.Element {
  const most = Math.floor((width - 20) / 7);
  return (
    <>
      <rect class="box" width={width} height={BOX.height} rx="3" />
      <text class="role" x="10" y="22">
        {node.role}
      </text>
      <text class="name" x="10" y="42">
        {node.name.length > most ? `${node.name.slice(0, most - 1)}…` : node.name}
      </text>
      <g class="shape" transform={`translate(${width - 26} 10)`}>
        <MarkShape outcome={node.outcome} />
      </g>
    </>
  );
}

/** A link in words: what it is, what was found, what to compare. */
function Link({ node }: { readonly node: ChainNode }): JSX.Element {
  const { role, about, name, outcome, finding, facts } = node;
  return (
    <li>
      <Mark outcome={outcome} /> <b>{role}</b> {name}
      <span class="soft">: {about}</span>
      {finding === undefined ? null : <p>{finding.title}</p>}
      {facts.length === 0 ? null : (
        <details>
          <summary>Details</summary>
          <dl class="facts">
            {facts.map(([fact, value]) => (
              <div key={fact}>
                <dt>{fact}</dt>
                <dd>
                  <code>{value}</code>
                </dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </li>
  );
}
