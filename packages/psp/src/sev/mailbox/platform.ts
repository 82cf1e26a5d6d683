// SPDX-License-Identifier: Apache-2.0
// Platform commands as bytes.

import { fail } from "../../platform/status.ts";
import type { Result } from "../../platform/status.ts";
import { NV_SIZE } from "../nv.ts";
import { PLATFORM_STATES } from "../processor.ts";
import type { SevProcessor } from "../processor.ts";
import {
  INIT_BUFFER,
  INIT_EX_BUFFER,
  PLATFORM_STATUS_BUFFER,
  REGION_BUFFER,
  TWO_REGIONS_BUFFER,
} from "./layouts.ts";
import type { CommandName } from "./layouts.ts";
import { handler } from "./memory.ts";
import type { Handler, Regions } from "./memory.ts";

const ES = 1;

/** Where the host keeps the store of INIT_EX, by processor. */
const stores = new WeakMap<SevProcessor, bigint>();

/** Handlers by command. */
export const PLATFORM_HANDLERS = {
  INIT: handler(INIT_BUFFER, ({ sev, fields }) => {
    const result = refuseOptions(fields) ?? sev.init({ es: fields.options === ES });
    if (result.status === "SUCCESS") stores.delete(sev);
    return result;
  }),
  INIT_EX: handler(INIT_EX_BUFFER, ({ sev, fields, memory }) => {
    if (fields.length !== INIT_EX_BUFFER.size) {
      return fail("INVALID_LENGTH", `the buffer says that it has ${fields.length} bytes`);
    }
    const refused = refuseOptions(fields);
    if (refused !== undefined) return refused;
    const { nvPaddr, nvLength } = fields;
    if (nvPaddr !== 0n && nvLength !== NV_SIZE) {
      return fail("INVALID_LENGTH", `the store has ${nvLength} bytes, must have ${NV_SIZE}`);
    }
    const nv = nvPaddr === 0n ? undefined : memory.read(nvPaddr, nvLength).slice();
    const result = sev.initEx({ es: fields.options === ES, nv });
    if (nv === undefined) return result;
    if (result.status === "SECURE_DATA_INVALID") memory.write(nvPaddr, nv);
    if (result.status !== "SUCCESS") return result;
    stores.set(sev, nvPaddr);
    return stored(result, sev, memory);
  }),
  SHUTDOWN: (sev) => {
    const result = sev.shutdown();
    if (result.status === "SUCCESS") stores.delete(sev);
    return result;
  },
  PLATFORM_RESET: (sev) => sev.platformReset(),
  PLATFORM_STATUS: handler(PLATFORM_STATUS_BUFFER, ({ sev, put }) => {
    const result = sev.platformStatus();
    if (result.status !== "SUCCESS") return result;
    const { state, externallyOwned, es, ...numbers } = result;
    put({
      ...numbers,
      state: PLATFORM_STATES[state],
      owner: externallyOwned ? 1 : 0,
      config: es ? 1 : 0,
      reserved: 0,
    });
    return result;
  }),
  PEK_GEN: (sev, _, memory) => stored(sev.pekGen(), sev, memory),
  PEK_CSR: handler(REGION_BUFFER, ({ sev, fields, put, memory }) => {
    const result = sev.pekCsr({ length: fields.length });
    if (result.status === "SUCCESS") memory.write(fields.paddr, result.csr);
    return lengthTold(result, put, "csr");
  }),
  PEK_CERT_IMPORT: handler(TWO_REGIONS_BUFFER, ({ sev, fields, memory }) => {
    const pek = memory.read(fields.first, fields.firstLength);
    const oca = memory.read(fields.second, fields.secondLength);
    return stored(sev.pekCertImport({ pek, oca }), sev, memory);
  }),
  PDH_CERT_EXPORT: handler(TWO_REGIONS_BUFFER, ({ sev, fields, put, memory }) => {
    const { first, firstLength, second, secondLength } = fields;
    const result = sev.pdhCertExport({ pdhLength: firstLength, certsLength: secondLength });
    if (result.status === "SUCCESS") {
      memory.write(first, result.pdh);
      memory.write(second, result.certs);
      put({ firstLength: result.pdh.length, secondLength: result.certs.length });
    } else if (result.needs !== undefined) {
      put({ firstLength: result.needs["pdh"]!, secondLength: result.needs["certs"]! });
    }
    return result;
  }),
  PDH_GEN: (sev, _, memory) => stored(sev.pdhGen(), sev, memory),
  DF_FLUSH: (sev) => sev.dfFlush(),
  DOWNLOAD_FIRMWARE: (sev) => sev.downloadFirmware({ image: new Uint8Array(0) }),
  GET_ID: handler(REGION_BUFFER, ({ sev, fields, put, memory }) => {
    const result = sev.getId({ length: fields.length });
    if (result.status === "SUCCESS") memory.write(fields.paddr, result.id);
    return lengthTold(result, put, "id");
  }),
  NOP: (sev) => sev.nop(),
} as const satisfies Partial<Record<CommandName, Handler>>;

/** Reserved options, and SEV-ES without the trusted memory that it wants. */
function refuseOptions({
  options,
  tmrPaddr,
}: {
  readonly options: number;
  readonly tmrPaddr: bigint;
}): Result | undefined {
  if ((options & ~ES) !== 0) return fail("INVALID_PARAM", "reserved options are set");
  if (options === ES && tmrPaddr === 0n) {
    return fail("INVALID_ADDRESS", "SEV-ES wants trusted memory, and there is no address of any");
  }
  return undefined;
}

/** Has the host's store follow the keys. */
function stored(result: Result, sev: SevProcessor, memory: Regions): Result {
  const paddr = stores.get(sev);
  const nv = sev.nv();
  if (result.status === "SUCCESS" && paddr !== undefined && nv !== undefined) {
    memory.write(paddr, nv);
  }
  return result;
}

/** Writes the length that is needed into the buffer. */
function lengthTold(
  result: Result,
  put: (changes: { readonly length: number }) => void,
  name: string,
): Result {
  if (result.status !== "SUCCESS" && result.needs?.[name] !== undefined) {
    put({ length: result.needs[name] });
  }
  return result;
}
