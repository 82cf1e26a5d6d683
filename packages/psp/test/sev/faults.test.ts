// SPDX-License-Identifier: Apache-2.0
// What a platform does wrong in a launch shows in the measurement, and as what it is.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  API,
  POLICY,
  bytes,
  done,
  expected,
  flipped,
  launched,
  measured,
  running,
  session,
} from "../support/sev.ts";

describe("faults of the launch", () => {
  test("changed data, a changed measurement and an overstated build do not measure as expected", async () => {
    const data = bytes(64);
    for (const faults of [{ data: "flipped-bit" }, { measurement: "flipped-bit" }] as const) {
      const platform = running({ faults });
      const owner = await session(platform);
      const handle = launched(platform, owner);
      done(platform.sev.launchUpdateData({ handle, data }));
      const { measure, mnonce } = measured(platform, handle);
      assert.notDeepEqual(measure, expected(owner, [data], mnonce));
      if ("data" in faults) {
        assert.deepEqual(measure, expected(owner, [flipped(data)], mnonce));
      }
    }
    const platform = running({ faults: { api: "overstated" } });
    assert.equal(done(platform.sev.platformStatus()).build, API.build + 1);
    const owner = await session(platform);
    const { measure, mnonce } = measured(platform, launched(platform, owner));
    assert.deepEqual(measure, expected(owner, [], mnonce));
  });

  test("a platform that allows debugging where the owner did not is seen by the measurement", async () => {
    const platform = running({ faults: { policy: "debug-allowed" } });
    const owner = await session(platform);
    const handle = launched(platform, owner);
    assert.equal(done(platform.sev.guestStatus({ handle })).policy, POLICY & ~1);
    const { measure, mnonce } = measured(platform, handle);
    assert.notDeepEqual(measure, expected(owner, [], mnonce));
    assert.deepEqual(measure, expected({ ...owner, policy: POLICY & ~1 }, [], mnonce));
    done(platform.sev.launchFinish({ handle }));
    done(platform.sev.dbgDecrypt({ handle, data: bytes(16) }));
  });
});
