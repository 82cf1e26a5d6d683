// SPDX-License-Identifier: Apache-2.0
// Revocation lists in every state, with revocation required.

import {
  AMD_PSS,
  createHierarchy,
  distinguishedName,
  pssAlgorithm,
  rsaKey,
} from "@greenlight/psp/hierarchy";
import type { ListRequest } from "@greenlight/psp/hierarchy";
import { AT, hierarchyOf, makeCase } from "../case.ts";
import type { Case } from "../case.ts";

const DAY = 86_400_000;
const MONTH = 30 * DAY;

/** Lists of the root for both chains. */
export function revocationCases(): readonly Case[] {
  const hierarchy = hierarchyOf("Milan");
  const date = AT - MONTH;
  const fresh = { thisUpdate: AT - DAY, nextUpdate: AT + MONTH };
  const good = hierarchy.crl(fresh);
  const weak = { ...AMD_PSS, saltLength: 32 };
  const algorithm = pssAlgorithm(weak, "absent");
  const listed = (
    name: string,
    request: ListRequest,
    ok: boolean,
    kind: "VCEK" | "VLEK" = "VCEK",
  ): Case => {
    const list = hierarchy.crl({ ...fresh, ...request });
    // A VLEK's authority stands on a list of its own; that of the VCEK chain is always good then.
    const lists = kind === "VCEK" ? { vcek: list } : { vcek: good, vlek: list };
    const vek = kind === "VCEK" ? hierarchy.vcek() : hierarchy.vlek();
    const expected = ok ? "accepted" : "rejected";
    return makeCase("revocation", { name: `${kind}: ${name}`, vek, lists, expected });
  };
  const bytes = (name: string, list: Uint8Array): Case =>
    makeCase("revocation", { name: `VCEK: ${name}`, lists: { vcek: list }, expected: "rejected" });
  const other = createHierarchy({ line: "Milan", names: "forged-amd", seed: "other" });
  const revoke = (serial: bigint, reason?: number): ListRequest => ({
    revoked: [{ serial, date, ...(reason === undefined ? {} : { reason }) }],
  });
  return [
    listed("empty list", {}, true),
    listed("empty list", {}, true, "VLEK"),
    listed("list of other serial numbers", revoke(0x020001n), true),
    listed("ASK revoked", revoke(hierarchy.ask.serial), false),
    listed("ASK revoked with a reason", revoke(hierarchy.ask.serial, 1), false),
    listed("ASVK revoked", revoke(hierarchy.asvk.serial), false, "VLEK"),
    listed("ARK revoked", revoke(hierarchy.ark.serial), false),
    listed("serial number 0 revoked", revoke(0n), true),
    listed(
      "ASK revoked among many",
      {
        revoked: Array.from({ length: 200 }, (_, i) => ({
          serial: BigInt(0x010001 + 200 - i - 1),
          date,
        })),
      },
      false,
    ),
    listed(
      "list past its nextUpdate",
      { thisUpdate: AT - 3 * MONTH, nextUpdate: AT - MONTH },
      false,
    ),
    listed("list past its nextUpdate by a second", { nextUpdate: AT - 1000 }, false),
    listed("list not issued yet", { thisUpdate: AT + DAY, nextUpdate: AT + MONTH }, false),
    listed("list without nextUpdate", { edit: ({ nextUpdate: _, ...fields }) => fields }, false),
    listed("list signed by somebody else", { signer: rsaKey("other/Milan/ARK") }, false),
    listed("list signed by the ASK", { signer: hierarchy.ask.key }, false),
    listed(
      "list of another issuer's name",
      {
        edit: (fields) => ({ ...fields, issuer: distinguishedName("ARK-Genoa", "forged-amd") }),
      },
      false,
    ),
    listed(
      "list with a salt of 32 bytes",
      {
        edit: (fields) => ({ ...fields, pss: weak, algorithm, outerAlgorithm: algorithm }),
      },
      false,
    ),
    listed("list without extensions", { edit: (fields) => ({ ...fields, extensions: [] }) }, true),
    listed(
      "list with an unknown critical extension",
      {
        edit: (fields) => ({
          ...fields,
          extensions: [
            ...fields.extensions,
            { oid: "1.3.6.1.4.1.99999.1", critical: true, value: Uint8Array.of(5, 0) },
          ],
        }),
      },
      false,
    ),
    bytes("list of another hierarchy", other.crl(fresh)),
    bytes("list of another line", hierarchyOf("Genoa").crl(fresh)),
    bytes("list cut off", good.slice(0, -1)),
    bytes("list with a byte behind it", Uint8Array.from([...good, 0])),
    bytes("no list but text", Buffer.from("404 Not Found")),
    makeCase("revocation", { name: "VCEK: no list", lists: {}, expected: "rejected" }),
    makeCase("revocation", {
      name: "VLEK: no list",
      vek: hierarchy.vlek(),
      lists: {},
      expected: "rejected",
    }),
    makeCase("revocation", {
      name: "VCEK: ASK revoked, revocation not looked at",
      evidence: makeCase("revocation", { name: "", expected: "accepted" }).evidence,
      expected: "accepted",
    }),
  ];
}
