// SPDX-License-Identifier: Apache-2.0
// Fields beside bytes: one cursor for both, moved by pointer and keyboard; what the signature covers;
// large files; the measurement beside the computed one.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createHierarchy } from "@greenlight/psp/hierarchy";
import { fixtureFirmware } from "../../../fixtures/load.ts";
import { readFirmware } from "../../core/src/firmware/index.ts";
import {
  cmdlineHash,
  epycModel,
  noInitrdHash,
  snpLaunchDigest,
  vmsaProfile,
} from "../../core/src/launch/index.ts";
import { missingVectors, readVector } from "../../core/test/support/vectors.ts";
import { missingChromium } from "./support/chromium.ts";
import { ACCEPTED, FIRMWARE, REJECTED } from "./support/evidence.ts";
import { explorerTests } from "./support/explorer.ts";
import type { Explorer } from "./support/explorer.ts";

const skip = missingChromium();
const start = explorerTests();

async function chosenField({ page }: Explorer): Promise<string> {
  return page.locator(".fieldrow.chosen .name").innerText();
}

test("pointing at a byte points at its field, and the other way round", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...REJECTED);
  await explorer.verdict();
  await page.locator(".cells [data-at='80']").hover();
  assert.equal(await chosenField(explorer), "reportData");
  assert.equal(await page.locator(".cells .chosen").count(), 64);
  await page.locator(".fieldrow", { hasText: "hostData" }).hover();
  assert.equal(await page.locator(".cells .here").getAttribute("data-at"), String(0xc0));
  assert.equal(await page.locator(".cells .chosen").count(), 32);
  assert.match(await page.locator(".field").innerText(), /hostData\s+offset 0xc0, 32 bytes/);
  // A field that is not on the screen is brought there.
  await page.locator(".fieldrow", { hasText: "signatureS" }).scrollIntoViewIfNeeded();
  await page.locator(".fieldrow", { hasText: "signatureS" }).hover();
  await page.locator(".cells .here[data-at='744']").waitFor();
  await explorer.close();
});

test("the keyboard moves the same cursor in both", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...REJECTED);
  await explorer.verdict();
  await page.locator("#hexdump").focus();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowRight"])
    await page.keyboard.press(key);
  assert.match(await page.locator("#byte").innerText(), /^offset 0x31: byte 00, vmpl, byte 2 of 4/);
  assert.equal(await chosenField(explorer), "vmpl");
  await page.keyboard.press("Control+End");
  assert.match(await page.locator("#byte").innerText(), /offset 0x49f.*not signed/);
  await page.keyboard.press("Control+Home");
  await page.locator(".fieldrow[tabindex='0']").focus();
  await page.keyboard.press("ArrowDown");
  assert.equal(await chosenField(explorer), "guestSvn");
  await page.keyboard.press("End");
  assert.equal(await chosenField(explorer), "reserved330");
  await page.locator(".cells .here[data-at='816']").waitFor();
  await explorer.close();
});

test("everything is reached with the Tab key alone", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...REJECTED);
  await explorer.verdict();
  const reached = new Set<string>();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const what = await page.evaluate(() => {
      const element = document.activeElement;
      if (element === null) return "";
      const style = getComputedStyle(
        element.closest("label.choose")?.querySelector(".button") ?? element,
      );
      const isShown = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0;
      const name = element.id || element.className || element.textContent || element.tagName;
      return `${isShown ? "" : "without visible focus: "}${element.localName} ${name}`.slice(0, 60);
    });
    assert.doesNotMatch(what, /without visible focus: (?!body|html)/);
    reached.add(what);
  }
  const all = [...reached].join("\n");
  for (const part of [
    /input/,
    /summary .*Judged/,
    /summary .*genuine/,
    /hexdump/,
    /fieldrow/,
    /Download result/,
  ]) {
    assert.match(all, part);
  }
  await explorer.close();
});

test("reserved and unsigned regions look different from the rest", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(...REJECTED);
  await explorer.verdict();
  const look = async (offset: number) =>
    page
      .locator(`.cells [data-at='${offset}']`)
      .evaluate((cell) => getComputedStyle(cell).backgroundImage);
  const offsets = { padding: 0x350, signature: 0x2a8 };
  assert.equal(await look(0), "none");
  const reserved = await look(0x4c);
  await page.locator("#hexdump").focus();
  await page.keyboard.press("Control+End");
  for (let i = 0; i < 16; i++) await page.keyboard.press("ArrowUp");
  await page.keyboard.press("PageUp");
  await page.locator(`.cells [data-at='${offsets.signature}']`).waitFor();
  // The field under the cursor is shown in another way, so the cursor stands elsewhere.
  const signature = await look(offsets.signature);
  const both = await look(offsets.padding);
  assert.equal(new Set(["none", reserved, signature, both]).size, 4);
  await explorer.close();
});

test("a firmware of 4 MiB scrolls to its end, and its fields are named", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  await explorer.give(FIRMWARE);
  await page.locator("#hexdump").waitFor();
  assert.ok((await page.locator(".hexrow").count()) < 60, "only what is on the screen exists");
  await page.locator("#hexdump").focus();
  await page.keyboard.press("Control+End");
  assert.match(await page.locator("#byte").innerText(), /offset 0x3fffff/);
  const row = page.locator(".fieldrow", { hasText: "footer.guid" });
  await row.scrollIntoViewIfNeeded();
  await row.hover();
  await page.locator(`.cells .here[data-at='${0x40_0000 - 48}']`).waitFor();
  await explorer.close();
});

const PARAMETERS = {
  firmware: readFirmware(fixtureFirmware("OVMF.amdsev-2026.08.fd")),
  profile: vmsaProfile("qemu"),
  vcpus: 3,
  signature: epycModel("EPYC-Milan").signature,
  sevFeatures: 1n,
};

/** A report of this measurement, signed by nobody AMD knows. */
function reportOf(measurement: Uint8Array) {
  const report = createHierarchy({ line: "Milan" }).vcek().report(3, { measurement });
  return { name: "report.bin", bytes: report };
}

test(
  "the measurement is compared with that of the firmware, and searched for",
  { skip },
  async () => {
    const explorer = await start();
    const { page } = explorer;
    await explorer.give(reportOf(snpLaunchDigest(PARAMETERS)), FIRMWARE);
    const section = page.locator("section:has(> #measurement-title)");
    await section.getByText("The report has another measurement").waitFor();
    assert.ok((await section.locator("mark").count()) > 0);
    await section.getByRole("button", { name: /Look for it/ }).click();
    await section
      .getByText("The report has the measurement of this launch")
      .waitFor({ timeout: 60_000 });
    assert.equal(await page.locator("#vcpus").inputValue(), "3");
    assert.equal(await page.locator("#model").inputValue(), "EPYC-Milan");
    // What was computed becomes what is demanded.
    await section.getByRole("button", { name: /Demand it/ }).click();
    await page.locator(".group", { hasText: "Is it what is wanted?" }).locator("> summary").click();
    const wanted = page.locator(".group", { hasText: "Is it what is wanted?" });
    assert.match(await wanted.innerText(), /pass\s+.*(launch digest|measurement)/i);
    await explorer.close();
  },
);

test("kernel, initrd and command line take part in the measurement", { skip }, async () => {
  const explorer = await start();
  const { page } = explorer;
  const kernel = new TextEncoder().encode("kernel");
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", kernel));
  const kernelHashes = { kernel: hash, initrd: noInitrdHash(), cmdline: cmdlineHash("quiet") };
  await explorer.give(reportOf(snpLaunchDigest({ ...PARAMETERS, kernelHashes })), FIRMWARE);
  await page.locator("#vcpus").fill("3");
  await page.locator("#model").selectOption("EPYC-Milan");
  const chosen = { name: "bzImage", mimeType: "", buffer: Buffer.from(kernel) };
  await page.setInputFiles("#kernel", chosen);
  await page.locator("#cmdline").fill("quiet");
  await page.locator("#cmdline").blur();
  await page
    .getByText("The report has the measurement of this launch")
    .waitFor({ timeout: 60_000 });
  await page.locator("#vcpus").fill("0");
  await page.locator("#vcpus").blur();
  await page.getByText(/Not computed: 0 vCPUs/).waitFor();
  await explorer.close();
});

const EXTENDED = "snp/extended/genoa-v3-aci.ext.bin";
test(
  "certificates and their table have views of their own",
  { skip: skip || missingVectors(EXTENDED) },
  async () => {
    const explorer = await start();
    const { page } = explorer;
    await explorer.give({ name: "ext.bin", bytes: readVector(EXTENDED) });
    await explorer.verdict();
    const titles = await page.locator("#view option").allInnerTexts();
    assert.deepEqual(
      titles.map((title) => title.replace(/ \(.*/, "")),
      [
        "Attestation report",
        "Certificate table",
        "Certificate ARK-Genoa",
        "Certificate SEV-Genoa",
        "Certificate SEV-VCEK",
      ],
    );
    for (const [title, field] of [
      ["Certificate table", "[2] data"],
      ["Certificate SEV-VCEK", "hwID"],
    ] as const) {
      const option = await page.locator("#view option", { hasText: title }).getAttribute("value");
      await page.locator("#view").selectOption(option);
      assert.ok((await page.locator(".fieldrow .name").allInnerTexts()).includes(field), field);
    }
    await explorer.close();
  },
);

test("of several reports one is looked at, each with its own VCEK", { skip }, async () => {
  const explorer = await start();
  await explorer.give(...ACCEPTED, ...REJECTED);
  await explorer.page.getByText("Rejected.").waitFor();
  await explorer.page.getByRole("button", { name: "Look at this one" }).click();
  await explorer.page.getByText("Accepted.").waitFor();
  await explorer.close();
});
