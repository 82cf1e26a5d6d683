// SPDX-License-Identifier: Apache-2.0
// Every way in which there is no evidence has a name of its own, and leaves no entry behind.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TsmError, getEvidence } from "../../src/tsm/index.ts";
import type { EvidenceRequest, TsmErrorCode, TsmFiles } from "../../src/tsm/index.ts";
import { guest, reportData } from "../support/guest.ts";
import type { Guest } from "../support/guest.ts";
import { KernelTsm } from "../support/kernel-tsm.ts";
import { SevGuest } from "../support/sev-guest.ts";
import type { Answer } from "../support/sev-guest.ts";
import { systemError } from "../support/system-error.ts";

async function failure(work: Promise<unknown>): Promise<TsmError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof TsmError, String(error));
    assert.ok(error.hint !== undefined && error.hint !== "", `${error.code} has a hint`);
    return error;
  }
  return assert.fail("there was evidence");
}

async function assertFails(
  { kernel, attest }: Guest,
  request: Partial<EvidenceRequest>,
  code: TsmErrorCode,
  message: RegExp,
): Promise<TsmError> {
  const error = await failure(attest(request));
  assert.equal(error.code, code, error.message);
  assert.match(`${error.message}; ${error.hint}`, message);
  assert.deepEqual(kernel.entries(), []);
  return error;
}

for (const [state, code, message] of [
  ["no-configfs", "no-configfs", /no \/sys\/kernel\/config.*Linux guest, version 6\.7/],
  ["not-mounted", "not-mounted", /mount -t configfs none \/sys\/kernel\/config$/],
  ["no-tsm", "no-tsm", /modprobe sev-guest/],
] as const) {
  test(`a machine in state ${state} is told apart`, async () => {
    await assertFails(guest({}, { state }), {}, code, message);
  });
}

test("no provider of reports", async () => {
  await assertFails(guest({}, { provider: null }), {}, "no-provider", /modprobe sev-guest/);
});

test("a user who is not root", async () => {
  await assertFails(guest({}, { root: false }), {}, "permission", /root/);
});

test("configfs mounted read-only", async () => {
  const machine = guest();
  machine.kernel.readOnly = true;
  await assertFails(machine, {}, "read-only", /container/);
});

for (const [name, what] of [
  ["tdx_guest", "an Intel TDX guest"],
  ["arm_cca_guest", "an Arm CCA realm"],
  ["something_new", "not from sev_guest"],
] as const) {
  test(`provider ${name} is refused by name`, async () => {
    // Its entries have neither privilege levels nor certificates.
    const provider = {
      name,
      privlevelFloor: 0,
      shows: (attribute: string) => !/priv|service|aux|manifest/.test(attribute),
      reportNew: () => assert.fail("it is not asked for a report"),
    };
    const kernel = new KernelTsm({ provider });
    const error = await failure(getEvidence({ reportData: reportData(0) }, { files: kernel }));
    assert.equal(error.code, "other-provider");
    assert.ok(error.message.includes(name) && error.message.includes(what), error.message);
    assert.deepEqual(kernel.entries(), []);
  });
}

test("report data of another length is refused before the kernel is asked", async () => {
  for (const length of [0, 1, 63, 65, 4096]) {
    const { kernel, driver, attest } = guest();
    const error = await failure(attest({ reportData: new Uint8Array(length) }));
    assert.equal(error.code, "bad-report-data");
    assert.match(error.message, new RegExp(`\\b${length} bytes`));
    assert.equal(driver.made, 0);
    assert.deepEqual(kernel.entries(), []);
  }
});

test("a privilege level below the kernel's own, and one that does not exist", async () => {
  const below = await assertFails(
    guest({ vmpl: 2 }),
    { privlevel: 1 },
    "bad-privlevel",
    /1 is below 2, the lowest this kernel may ask for/,
  );
  assert.match(below.hint ?? "", /SVSM/);
  for (const privlevel of [4, -1, 0.5, Number.NaN]) {
    await assertFails(guest(), { privlevel }, "bad-privlevel", /does not exist/);
  }
});

test("services where there are none", async () => {
  const svsm = { serviceProvider: "svsm" };
  await assertFails(guest(), svsm, "no-services", /VMPL 0, so there is no SVSM/);
  await assertFails(guest({ vmpl: 1, services: false }), svsm, "no-services", /6\.10/);
});

test("services that the SVSM or the kernel does not know", async () => {
  const machine = guest({ vmpl: 1, svsm: {} });
  const serviceGuid = "00112233-4455-6677-8899-aabbccddeeff";
  await assertFails(
    machine,
    { serviceProvider: "svsm", serviceGuid },
    "refused",
    /the SVSM refused/,
  );
  await assertFails(machine, { serviceProvider: "other" }, "refused", /knows one.*not "other"/);
});

test("requests for services that make no sense", async () => {
  const requests: readonly Partial<EvidenceRequest>[] = [
    { serviceGuid: "c476f1eb-0123-45a5-9641-b4e7dde5bfe3" },
    { serviceManifestVersion: 1 },
    { serviceProvider: "" },
    { serviceProvider: "sv\nsm" },
    { serviceProvider: "svsm", serviceGuid: "vTPM" },
    { serviceProvider: "svsm", serviceManifestVersion: 1 },
    {
      serviceProvider: "svsm",
      serviceGuid: "c476f1eb-0123-45a5-9641-b4e7dde5bfe3",
      serviceManifestVersion: 2 ** 32,
    },
  ];
  for (const request of requests) {
    await assertFails(guest({ vmpl: 1 }), request, "bad-service", /./);
  }
});

const ANSWERS: readonly (readonly [Answer, TsmErrorCode, RegExp])[] = [
  [{ status: 0x16 }, "refused", /EINVAL/],
  [{ status: 0x27 }, "refused", /EINVAL/],
  [{ status: 0x01 }, "firmware-refused", /firmware/],
  ["ETIMEDOUT", "host-busy", /wiped/],
  ["EIO", "host-failed", /16 KiB/],
  ["certificates-too-large", "host-failed", /16 KiB/],
  ["ENOTTY", "key-wiped", /restart/],
  ["EBADMSG", "bad-answer", /did not decrypt/],
  ["ENOMEM", "out-of-memory", /memory/],
  ["ENOSYS", "system", /ENOSYS.*dmesg/],
];

for (const [answer, code, message] of ANSWERS) {
  test(`the host or firmware answers ${JSON.stringify(answer)}: ${code}`, async () => {
    const error = await assertFails(guest({ answers: [answer] }), {}, code, message);
    const expected = typeof answer === "object" ? error.errno : answer;
    if (answer !== "certificates-too-large") assert.equal(error.errno, expected);
  });
}

test("after a failure that cost the key, it is the key that is missing", async () => {
  const machine = guest({ answers: ["ETIMEDOUT"] });
  await assertFails(machine, {}, "host-busy", /a minute/);
  await assertFails(machine, {}, "key-wiped", /earlier request/);
});

test("a failed request is not repeated, since each costs a message to the host", async () => {
  const { attest } = guest({ answers: ["certificates-too-large", "ok"] });
  assert.equal((await failure(attest())).code, "host-failed");
  assert.equal((await attest()).attempts, 1);
});

test("blobs above what the kernel passes on", async () => {
  const certificates = () => new Uint8Array(32 * 1024 + 1);
  await assertFails(guest({ certificates }), {}, "too-large", /EFBIG/);
});

test("reports of another length, empty ones too", async () => {
  for (const length of [0, 1183, 1185]) {
    const report = () => new Uint8Array(length);
    const machine = guest({ report });
    await assertFails(machine, {}, "unexpected-length", new RegExp(`has ${length} bytes`));
  }
});

test("a provider that ignores the request is found out", async () => {
  const report = () => Buffer.alloc(0x4a0);
  const machine = guest({ report });
  await assertFails(machine, {}, "other-report", /not about the data/);
  assert.equal(machine.driver.made, 5);
});

test("the provider goes away in the middle", async () => {
  const kernel: KernelTsm = new KernelTsm({
    provider: new SevGuest(),
    step: async (what) => {
      if (what === "write inblob") kernel.core.provider = null;
    },
  });
  const error = await failure(getEvidence({ reportData: reportData(0) }, { files: kernel }));
  assert.equal(error.code, "no-provider");
  assert.deepEqual(kernel.entries(), []);
});

test("an interruption ends the attempt at the next step and removes the entry", async () => {
  for (let after = 0; after < 25; after++) {
    const controller = new AbortController();
    let steps = 0;
    const { kernel, attest } = guest(
      {},
      {
        step: async () => {
          if (steps++ === after) controller.abort(new Error("SIGINT"));
        },
      },
    );
    const outcome = await attest({}, { signal: controller.signal }).then(
      () => "evidence",
      (error: unknown) => (error instanceof TsmError ? error.code : error),
    );
    // Near the end there is nothing left to interrupt.
    assert.ok(outcome === "interrupted" || (outcome === "evidence" && after > 20), `${after}`);
    assert.deepEqual(kernel.entries(), []);
  }
});

test("an entry that cannot be removed is told, with the evidence or with the error", async () => {
  const { kernel, attest } = guest({ answers: ["ok", "ETIMEDOUT"] });
  const files: TsmFiles = {
    mkdir: async (path) => kernel.mkdir(path),
    open: async (path, mode) => kernel.open(path, mode),
    isConfigfs: async (path) => kernel.isConfigfs(path),
    rmdir: async (path) => {
      throw systemError("EBUSY", path);
    },
  };
  const { notes } = await attest({}, { files });
  assert.match(notes.join(), /greenlight-.* could not be removed: EBUSY\.$/);
  const error = await failure(attest({}, { files }));
  assert.equal(error.code, "host-busy");
  assert.match(error.hint ?? "", /wiped.*could not be removed: EBUSY$/);
});

test("text that is not the kernel's, and short writes", async () => {
  const { kernel } = guest();
  const fake = (attribute: string, text: string): TsmFiles => ({
    mkdir: async (path) => kernel.mkdir(path),
    rmdir: async (path) => kernel.rmdir(path),
    isConfigfs: async (path) => kernel.isConfigfs(path),
    open: async (path, mode) => {
      const file = await kernel.open(path, mode);
      if (!path.endsWith(`/${attribute}`)) return file;
      let rest: Uint8Array = Buffer.from(text);
      return {
        write: async () => 1,
        read: async (target) => {
          const piece = rest.subarray(0, target.length);
          target.set(piece);
          rest = rest.subarray(piece.length);
          return piece.length;
        },
        close: async () => file.close(),
      };
    },
  });
  const attest = (attribute: string, text = "") =>
    failure(getEvidence({ reportData: reportData(0) }, { files: fake(attribute, text) }));
  assert.equal((await attest("generation", "one\n")).code, "unexpected-text");
  assert.equal((await attest("generation", "1\n2\n")).code, "unexpected-text");
  assert.equal((await attest("privlevel_floor", "")).code, "unexpected-text");
  assert.equal((await attest("provider", "sev_guest\0")).code, "unexpected-text");
  assert.match((await attest("inblob")).message, /inblob took 1 of 64 bytes/);
  assert.equal((await attest("auxblob", "x".repeat(17 * 1024 * 1024))).code, "too-large");
  assert.deepEqual(kernel.entries(), []);
});

test("what is no system error is not dressed up as one", async () => {
  const { kernel, attest } = guest();
  const files: TsmFiles = {
    mkdir: async (path) => kernel.mkdir(path),
    rmdir: async (path) => kernel.rmdir(path),
    isConfigfs: async (path) => kernel.isConfigfs(path),
    open: async () => {
      throw new RangeError("a defect");
    },
  };
  await assert.rejects(attest({}, { files }), { name: "RangeError", message: "a defect" });
  assert.deepEqual(kernel.entries(), []);
});
