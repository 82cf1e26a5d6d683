// SPDX-License-Identifier: Apache-2.0
// From the value of a file to a launch plan: what is filled in, what is refused, and how that is told.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  LAUNCH_PLAN_SCHEMA,
  PlanError,
  launchPlanFields,
  launchPlanJsonSchema,
  parseLaunchPlan,
  withPlanPaths,
} from "../../../../src/appraisal/launch/index.ts";

const LEAST = {
  schema: LAUNCH_PLAN_SCHEMA,
  name: "web",
  generation: "sev-es",
  guest: { firmware: "OVMF.fd" },
  host: { qemu: {} },
};

function errorOf(value: unknown): PlanError {
  try {
    parseLaunchPlan(value);
  } catch (error) {
    assert.ok(error instanceof PlanError, String(error));
    return error;
  }
  return assert.fail("it was taken");
}

test("what is left out is filled in", () => {
  const plan = parseLaunchPlan({ $schema: "launch-plan.schema.json", ...LEAST });
  assert.equal(plan.guest.policy, "default");
  assert.equal(plan.guest.vmsaProfiles, "default");
  assert.equal(plan.platform.products, "any");
  assert.deepEqual(plan.secrets, []);
  assert.deepEqual(plan.host, {
    qemu: { binary: "qemu-system-x86_64", cbitpos: 51, reducedPhysBits: 1 },
  });
});

test("lists may be single values", () => {
  const plan = parseLaunchPlan({
    ...LEAST,
    platform: { products: "Milan", certificates: "cek.cert" },
    accept: "firmware.host-shim.started",
    secrets: [{ file: "pass.txt" }],
  });
  assert.deepEqual(plan.platform.products, ["Milan"]);
  assert.deepEqual(plan.platform.certificates, ["cek.cert"]);
  assert.deepEqual(plan.accept, ["firmware.host-shim.started"]);
  assert.deepEqual(plan.secrets[0], {
    guid: "luks-key",
    file: "pass.txt",
    nul: false,
    trim: true,
  });
});

const snp = { ...LEAST, generation: "sev-snp" };
const rows: readonly (readonly [string, unknown, string, string])[] = [
  ["no mapping", [], "wrong-type", ""],
  ["no schema", { name: "x" }, "unsupported-schema", ""],
  ["another schema", { schema: "greenlight/policy/v1" }, "unsupported-schema", "schema"],
  ["no host", { ...LEAST, host: {} }, "contradiction", "host"],
  ["two hosts", { ...LEAST, host: { qemu: {}, lab: { platform: "p" } } }, "contradiction", "host"],
  ["an unknown field", { ...LEAST, gest: {} }, "unknown-field", "gest"],
  [
    "an unknown field of a secret",
    { ...LEAST, secrets: [{ file: "x", null: true }] },
    "unknown-field",
    "secrets.0.null",
  ],
  ["secrets that are no list", { ...LEAST, secrets: {} }, "wrong-type", "secrets"],
  ["a name with a slash", { ...LEAST, name: "a/b" }, "bad-value", "name"],
  ["no name", { ...LEAST, name: undefined }, "wrong-type", "name"],
  [
    "a number for a version",
    { ...LEAST, platform: { minimumApi: 1.5 } },
    "wrong-type",
    "platform.minimumApi",
  ],
  ["an unknown generation", { ...LEAST, generation: "tdx" }, "bad-value", "generation"],
  [
    "a finding that cannot be accepted",
    { ...LEAST, accept: ["launch.measurement.mismatch"] },
    "bad-value",
    "accept.0",
  ],
  [
    "an initrd without kernel",
    { ...LEAST, guest: { firmware: "f", initrd: "i" } },
    "contradiction",
    "guest.initrd",
  ],
  [
    "a profile of another generation",
    { ...LEAST, guest: { firmware: "f", vmsaProfiles: ["qemu-pre-6.9"] } },
    "contradiction",
    "guest.vmsaProfiles.0",
  ],
  [
    "a profile that is none",
    { ...LEAST, guest: { firmware: "f", vmsaProfiles: ["nothing"] } },
    "bad-value",
    "guest.vmsaProfiles.0",
  ],
  [
    "an ID block for SEV-ES",
    { ...LEAST, guest: { firmware: "f", idBlock: "i", idAuth: "a" } },
    "contradiction",
    "guest.idBlock",
  ],
  [
    "a minimum API for SEV-SNP",
    { ...snp, platform: { minimumApi: "1.55" } },
    "contradiction",
    "platform.minimumApi",
  ],
  [
    "two secrets for SEV-SNP",
    { ...snp, secrets: [{ file: "a" }, { guid: "kata-keyset", file: "b" }] },
    "contradiction",
    "secrets",
  ],
  [
    "a secret given twice",
    {
      ...LEAST,
      secrets: [{ file: "a" }, { guid: "736869E5-84F0-4973-92EC-06879CE3DA0B", file: "b" }],
    },
    "duplicate-value",
    "secrets.1.guid",
  ],
  [
    "a NUL behind something else than a passphrase",
    { ...LEAST, secrets: [{ guid: "kata-keyset", file: "a", nul: true }] },
    "contradiction",
    "secrets.0.nul",
  ],
];
for (const [what, value, code, path] of rows) {
  test(`${what} is refused`, () => {
    const error = errorOf(value);
    assert.equal(error.code, code, error.message);
    assert.equal(error.path.join("."), path);
  });
}

test("a plan parses to itself, as far as it is given", () => {
  const plan = parseLaunchPlan(LEAST);
  const { guest, platform } = plan;
  const again = {
    ...plan,
    guest: { ...guest, vmsaProfiles: [], sevFeatures: [] },
    platform: { ...platform, products: [] },
  };
  assert.deepEqual(parseLaunchPlan(again), plan);
});

test("every path can be made another, and nothing else changes", () => {
  const full = {
    ...LEAST,
    generation: "sev-snp",
    guest: {
      firmware: "f",
      otherFirmwares: ["g"],
      kernel: "k",
      initrd: "i",
      disks: [{ file: "d" }],
      idBlock: "b",
      idAuth: "a",
    },
    platform: { owners: "o", certificates: "c", simulatorRoots: "r", export: "e" },
    evidence: { policy: "p" },
    secrets: [{ file: "s" }],
  };
  const hosts = [
    { qemu: { binary: "./q", serial: "l" } },
    { qmp: { socket: "m", arguments: "n", channel: "w" } },
    { libvirt: { domain: "web", channel: "w" } },
    { lab: { platform: "t", serial: "l", binary: "qemu-system-x86_64" } },
  ];
  for (const host of hosts) {
    const plan = parseLaunchPlan({ ...full, host });
    const seen: string[] = [];
    const moved = withPlanPaths(plan, (path) => {
      seen.push(path);
      return `/plans/${path}`;
    });
    for (const path of "f,g,k,i,d,b,a,o,c,r,e,p,s".split(",")) assert.ok(seen.includes(path), path);
    const back = JSON.stringify(moved).replaceAll("/plans/", "");
    assert.deepEqual(JSON.parse(back), JSON.parse(JSON.stringify(plan)));
    assert.equal(seen.includes("qemu-system-x86_64"), false);
  }
});

test("a plan describes no more launches than can be computed soon", () => {
  const sevFeatures = Array.from({ length: 200 }, (_, i) => `0x${i.toString(16)}`);
  const refused = (plan: object, reason: RegExp): void =>
    assert.throws(() => parseLaunchPlan({ ...LEAST, ...plan }), {
      code: "too-large",
      message: reason,
    });
  refused({ generation: "sev-es", guest: { firmware: "f", sevFeatures } }, /400 launches/);
  const guest = { firmware: "f", sevFeatures: sevFeatures.slice(0, 3), vcpus: 4096 };
  refused({ generation: "sev-es", guest }, /24576 vCPUs/);
  assert.equal(parseLaunchPlan({ ...LEAST, generation: "sev", guest }).guest.vcpus, 4096);
});

test("a version of the API is two bytes", () => {
  const given = (minimumApi: string) =>
    parseLaunchPlan({ ...LEAST, generation: "sev", platform: { minimumApi } }).platform.minimumApi;
  for (const version of ["any", "0.17", "1.55", "255.255"]) assert.equal(given(version), version);
  for (const version of ["1.256", "256.0", "1.300", "999.999"]) {
    assert.throws(() => given(version), { code: "bad-value" }, version);
  }
});

test("no value makes it throw anything but its own error", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(...Object.keys(LEAST), "secrets"), (value, key) => {
      try {
        parseLaunchPlan({ ...LEAST, [key]: value });
      } catch (error) {
        assert.ok(error instanceof PlanError, String(error));
      }
    }),
  );
});

test("every field has a meaning, in the reference and in the JSON Schema", () => {
  const fields = launchPlanFields();
  assert.ok(fields.length > 40);
  const paths = new Set(fields.map(({ path }) => path));
  for (const path of [
    "guest.firmware",
    "guest.disks[].file",
    "secrets[].guid",
    "host.lab.platform",
  ]) {
    assert.ok(paths.has(path), path);
  }
  const text = JSON.stringify(launchPlanJsonSchema());
  for (const { meaning } of fields) assert.ok(text.includes(JSON.stringify(meaning).slice(1, -1)));
});
