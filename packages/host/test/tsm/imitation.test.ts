// SPDX-License-Identifier: Apache-2.0
// The imitation of the kernel's folder behaves as the kernel's sources say. The facts here are theirs:
// drivers/virt/coco/guest/report.c and fs/configfs/{dir,file}.c.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { reportData, stampedTable } from "../support/guest.ts";
import { KernelTsm } from "../support/kernel-tsm.ts";
import type { KernelOptions } from "../support/kernel-tsm.ts";
import { SevGuest } from "../support/sev-guest.ts";

const ENTRY = "/sys/kernel/config/tsm/report/test";

function machine(vmpl = 0, options: Partial<KernelOptions> = {}) {
  const driver = new SevGuest({ vmpl, certificates: stampedTable });
  const kernel = new KernelTsm({ provider: driver, ...options });
  const write = async (attribute: string, value: string | Uint8Array) => {
    const file = await kernel.open(`${ENTRY}/${attribute}`, "write");
    try {
      return await file.write(typeof value === "string" ? Buffer.from(value) : value);
    } finally {
      await file.close();
    }
  };
  const read = async (attribute: string) => {
    const file = await kernel.open(`${ENTRY}/${attribute}`, "read");
    const target = new Uint8Array(65_536);
    return Buffer.from(target.subarray(0, await file.read(target)));
  };
  const generation = async () => Number(await read("generation"));
  return { driver, kernel, write, read, generation };
}

const code = (name: string) => (error: unknown) =>
  error instanceof Error && "code" in error && error.code === name;

test("attributes are there with the folder; services only above VMPL 0", async () => {
  for (const [vmpl, services] of [
    [0, false],
    [1, true],
  ] as const) {
    const { kernel, write } = machine(vmpl);
    await assert.rejects(kernel.open(`${ENTRY}/inblob`, "write"), code("ENOENT"));
    await kernel.mkdir(ENTRY);
    await assert.rejects(kernel.mkdir(ENTRY), code("EEXIST"));
    const service = write("service_provider", "svsm");
    if (services) assert.equal(await service, 4);
    else await assert.rejects(service, code("ENOENT"));
  }
});

test("attributes open in their own direction only", async () => {
  const { kernel } = machine(1);
  await kernel.mkdir(ENTRY);
  for (const name of ["inblob", "privlevel", "service_guid"]) {
    await assert.rejects(kernel.open(`${ENTRY}/${name}`, "read"), code("EACCES"));
  }
  for (const name of ["outblob", "auxblob", "generation", "provider", "privlevel_floor"]) {
    await assert.rejects(kernel.open(`${ENTRY}/${name}`, "write"), code("EACCES"));
  }
});

test("privilege levels: the floor, the end, and how numbers are written", async () => {
  const { kernel, write, generation } = machine(1);
  await kernel.mkdir(ENTRY);
  for (const bad of ["0", "4", "", "x", "-1", "1 ", "\n", "09"]) {
    await assert.rejects(write("privlevel", bad), code(bad === "" ? "EFAULT" : "EINVAL"), bad);
  }
  await assert.rejects(write("privlevel", "4294967296"), code("ERANGE"));
  assert.equal(await generation(), 0, "a refused level does not count");
  for (const good of ["1", "2\n", "0x3", "03", "+1"]) await write("privlevel", good);
  assert.equal(await generation(), 5);
});

test("a service that is no GUID counts although it is refused", async () => {
  const { kernel, write, generation } = machine(1);
  await kernel.mkdir(ENTRY);
  await assert.rejects(write("service_guid", "vTPM"), code("EINVAL"));
  assert.equal(await generation(), 1);
});

test("binary attributes take effect when they are closed, and take 64 bytes", async () => {
  const { kernel, generation } = machine();
  await kernel.mkdir(ENTRY);
  const file = await kernel.open(`${ENTRY}/inblob`, "write");
  await file.write(reportData(1).subarray(0, 32));
  await file.write(reportData(1).subarray(32));
  assert.equal(await generation(), 0);
  await assert.rejects(file.write(Buffer.alloc(1)), code("EFBIG"));
  await file.close();
  assert.equal(await generation(), 1);
});

test("nothing to read before there is an inblob, and 64 bytes are what SEV wants", async () => {
  const { kernel, read, write } = machine();
  await kernel.mkdir(ENTRY);
  await assert.rejects(read("outblob"), code("EINVAL"));
  await write("inblob", Buffer.alloc(63));
  await assert.rejects(read("outblob"), code("EINVAL"));
  await write("inblob", Buffer.alloc(64));
  assert.equal((await read("outblob")).length, 1184);
});

test("a fresh entry asks for VMPL 0, which a kernel above it may not", async () => {
  const { kernel, read, write } = machine(2);
  await kernel.mkdir(ENTRY);
  await write("inblob", reportData(1));
  await assert.rejects(read("outblob"), code("EINVAL"));
  await write("privlevel", "2");
  assert.equal((await read("outblob")).readUInt32LE(0x30), 2);
});

test("open files of a removed entry have nothing more to give", async () => {
  const { kernel, driver } = machine();
  await kernel.mkdir(ENTRY);
  const generation = await kernel.open(`${ENTRY}/generation`, "read");
  const inblob = await kernel.open(`${ENTRY}/inblob`, "write");
  await inblob.write(reportData(1));
  await kernel.rmdir(ENTRY);
  await assert.rejects(generation.read(new Uint8Array(8)), code("ENOENT"));
  await inblob.close();
  assert.equal(driver.made, 0);
  await assert.rejects(kernel.rmdir(ENTRY), code("ENOENT"));
});

test("generations: what counts, what is made anew, and when the kernel takes no more", async () => {
  const step = fc.constantFrom("privlevel", "inblob", "outblob", "auxblob");
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const modulus = 8;
      const { kernel, driver, read, write, generation } = machine(0, { modulus: BigInt(modulus) });
      await kernel.mkdir(ENTRY);
      // The model: writes since the last read, whether there is data, and how often a report was made.
      let [counted, unread, made] = [0, 0, 0];
      let hasData = false;
      for (const name of steps) {
        if (name === "privlevel" || name === "inblob") {
          const full = unread === modulus - 1;
          const writing = write(name, name === "inblob" ? reportData(made) : "1");
          // A binary attribute is refused when it is closed, where nobody hears of it.
          if (full && name === "privlevel") await assert.rejects(writing, code("EBUSY"));
          else await writing;
          if (!full) {
            counted++;
            unread++;
            hasData ||= name === "inblob";
          }
        } else if (hasData) {
          if (unread > 0) made++;
          unread = 0;
          const blob = await read(name);
          assert.equal(blob.readUInt32LE(name === "outblob" ? 0x140 : 0), made - 1);
        } else {
          await assert.rejects(read(name), code("EINVAL"));
        }
        assert.equal(await generation(), counted % modulus);
        assert.equal(driver.made, made);
      }
    }),
    { numRuns: 300 },
  );
});

test("a blob that shrinks between the kernel's two looks keeps its first length", async () => {
  let serial = 0;
  const driver = new SevGuest({ certificates: () => Buffer.alloc(serial++ === 0 ? 300 : 100, 1) });
  const kernel: KernelTsm = new KernelTsm({
    provider: driver,
    step: async (what) => {
      if (what !== "fill auxblob") return;
      const file = await kernel.open(`${ENTRY}/privlevel`, "write");
      await file.write(Buffer.from("0"));
    },
  });
  await kernel.mkdir(ENTRY);
  const inblob = await kernel.open(`${ENTRY}/inblob`, "write");
  await inblob.write(reportData(1));
  await inblob.close();
  const target = new Uint8Array(1000);
  const auxblob = await kernel.open(`${ENTRY}/auxblob`, "read");
  assert.equal(await auxblob.read(target), 300);
  assert.deepEqual([...new Set(target.subarray(0, 100))], [1]);
  assert.deepEqual([...new Set(target.subarray(100, 300))], [0xa5], "what the memory held");
});
