// SPDX-License-Identifier: Apache-2.0
// `simulate qemu` as far as it goes without starting a guest: arguments, faults, and no QEMU.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fixtureFirmware } from "../../../../../fixtures/load.ts";
import { greenlight } from "../../support/capture.ts";
import { enterTemporaryFolder } from "../../support/temporary.ts";

let leave: () => void;
before(() => {
  leave = enterTemporaryFolder();
  writeFileSync("OVMF.fd", fixtureFirmware("OVMF.amdsev-2026.08.fd"));
});
after(() => leave());

const GUEST = [
  "-machine",
  "q35,confidential-guest-support=sev0",
  "-object",
  "sev-guest,id=sev0,cbitpos=51,reduced-phys-bits=1,policy=0x1",
  "-drive",
  "if=pflash,format=raw,unit=0,readonly=on,file=OVMF.fd",
  "-qmp",
  "unix:qmp.sock,server=on,wait=off",
  "-S",
];

const qemu = (...options: readonly string[]) =>
  greenlight("simulate", "qemu", "--qemu", "no-such-qemu", ...options, "--", ...GUEST);

test("without QEMU it ends with 3 and says so", async () => {
  const { code, err } = await qemu();
  assert.equal(code, 3);
  assert.match(err, /no-such-qemu/);
  assert.match(err, /hint: /);
});

test("faults of platform and host that there are not", async () => {
  for (const [options, message] of [
    [["--fault", "pdh=none"], /there is no fault/],
    [["--host-fault", "kernel"], /write NAME=VALUE/],
    [["--host-fault", "constructor=x"], /write NAME=VALUE/],
    [["--host-fault", "packet=all"], /neither header nor payload/],
    [["--host-fault", "session=one"], /GODH-FILE:SESSION-FILE/],
    [["--host-fault", "policy=many"], /policy/],
    [["--host-fault", "measurement=00"], /48 bytes/],
    [["--host-fault", "report=no-such-file"], /no-such-file/],
    [["--folder", "nowhere"], /no simulated platform/],
  ] as const) {
    const { code, err } = await qemu(...options);
    assert.equal(code, 2, options.join(" "));
    assert.match(err, message);
  }
});

test("QEMU's arguments are needed", async () => {
  assert.equal((await greenlight("simulate", "qemu")).code, 2);
});
