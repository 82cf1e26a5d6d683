// SPDX-License-Identifier: Apache-2.0
// The message channel under a hostile host: nothing that was changed, repeated, reordered or made with
// another key is answered or believed, on either end.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { decodeReport } from "@greenlight/core/evidence";
import { GuestMessageChannel } from "../../src/snp/channel.ts";
import { MESSAGE_HEADER, MESSAGE_TYPES, openMessage, sealMessage } from "../../src/snp/message.ts";
import { KEY_REQUEST, REPORT_REQUEST } from "../../src/snp/payloads.ts";
import { readSecretsPage } from "../../src/snp/secrets-page.ts";
import { done, launch, processor, refused } from "./support.ts";

const reportData = new Uint8Array(64).fill(4);
const payload = REPORT_REQUEST.encode({ reportData, vmpl: 0, keySelection: 0 });

describe("firmware's end", () => {
  test("a message that was changed anywhere is refused, and not counted", () => {
    const snp = processor();
    const { gctx, channel } = launch(snp);
    const guest = channel();
    const message = guest.seal("REPORT_REQ", payload);
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const copy = Uint8Array.from(message);
        copy[at]! ^= change;
        const status = refused(snp.guestRequest({ gctx, message: copy }));
        assert.ok(status === "BAD_MEASUREMENT" || status === "INVALID_PARAM", status);
      }),
    );
    const answer = done(snp.guestRequest({ gctx, message })).message;
    assert.equal(guest.open("REPORT_RSP", answer).length, 0x20 + 0x4a0);
  });

  test("of random bytes nothing is answered", () => {
    const snp = processor();
    const { gctx } = launch(snp);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (message) => {
        assert.equal(refused(snp.guestRequest({ gctx, message })), "INVALID_PARAM");
      }),
    );
  });

  test("a message cannot be repeated, and none can be left out", async () => {
    const snp = processor();
    const { gctx, channel, carry } = launch(snp);
    const guest = channel();
    const message = guest.seal("REPORT_REQ", payload);
    done(snp.guestRequest({ gctx, message }));
    assert.equal(refused(snp.guestRequest({ gctx, message })), "INVALID_PARAM");
    // The guest never saw the answer: its channel is out of step for good.
    await assert.rejects(async () => guest.report({ reportData }, carryOrRefuse), /refused/);
    function carryOrRefuse(each: Uint8Array): Uint8Array {
      const result = snp.guestRequest({ gctx, message: each });
      if (result.status !== "SUCCESS") throw new Error(`refused: ${result.status}`);
      return result.message;
    }
    const other = channel(1);
    assert.equal((await other.report({ reportData }, carry)).length, 0x4a0);
  });

  test("another key, or another number of a key, does not open", () => {
    const snp = processor();
    const { gctx, secrets } = launch(snp);
    const { vmpcks } = readSecretsPage(secrets);
    const plain = { type: MESSAGE_TYPES.REPORT_REQ, version: 1, payload };
    const wrong = sealMessage(vmpcks[1]!, 0, 1n, plain);
    assert.equal(refused(snp.guestRequest({ gctx, message: wrong })), "BAD_MEASUREMENT");
    const relabelled = sealMessage(vmpcks[0]!, 0, 1n, plain);
    relabelled[MESSAGE_HEADER.offsetOf("vmpck")] = 1;
    assert.equal(refused(snp.guestRequest({ gctx, message: relabelled })), "BAD_MEASUREMENT");
    const guestOfAnother = launch(snp, { asid: 2 });
    const foreign = guestOfAnother.channel().seal("REPORT_REQ", payload);
    assert.equal(refused(snp.guestRequest({ gctx, message: foreign })), "BAD_MEASUREMENT");
  });

  test("messages of other kinds are refused by name", () => {
    const snp = processor();
    const { gctx, secrets } = launch(snp);
    const key = readSecretsPage(secrets).vmpcks[0]!;
    const send = (type: number, version = 1, bytes = payload) =>
      snp.guestRequest({
        gctx,
        message: sealMessage(key, 0, 1n, { type, version, payload: bytes }),
      });
    const cpuid = send(MESSAGE_TYPES.CPUID_REQ);
    assert.equal(refused(cpuid), "UNSUPPORTED");
    assert.match(JSON.stringify(cpuid), /CPUID_REQ/);
    assert.equal(refused(send(MESSAGE_TYPES.EXPORT_REQ)), "UNSUPPORTED");
    assert.equal(refused(send(MESSAGE_TYPES.REPORT_RSP)), "INVALID_PARAM");
    assert.equal(refused(send(99)), "INVALID_PARAM");
    assert.equal(refused(send(MESSAGE_TYPES.REPORT_REQ, 2)), "INVALID_PARAM");
    assert.equal(refused(send(MESSAGE_TYPES.REPORT_REQ, 1, payload.subarray(1))), "INVALID_PARAM");
    assert.equal(refused(send(MESSAGE_TYPES.KEY_REQ, 3)), "INVALID_PARAM");
  });

  test("a guest speaks for its own privilege level and those below, never for one above", async () => {
    const snp = processor();
    const { channel, carry } = launch(snp);
    for (const [key, vmpl, allowed] of [
      [0, 0, true],
      [0, 3, true],
      [1, 0, false],
      [3, 2, false],
      [2, 2, true],
      [1, 4, false],
      [0, 0xffff_ffff, false],
    ] as const) {
      const asking = channelOnce(key).report({ reportData, vmpl }, carryFresh);
      if (allowed) assert.equal(decodeReport(await asking).vmpl, vmpl);
      else await assert.rejects(asking, { code: "refused", message: /INVALID_PARAM/ });
    }
    // A fresh guest for each, so that sequence numbers begin anew.
    function channelOnce(key: number): GuestMessageChannel {
      const fresh = launch(snp, { asid: snpAsid++ });
      carrier = fresh.carry;
      return fresh.channel(key);
    }
    function carryFresh(message: Uint8Array): Uint8Array {
      return (carrier ?? carry)(message);
    }
    assert.ok(channel(3).vmpl === 3);
  });
  let snpAsid = 10;
  let carrier: ((message: Uint8Array) => Uint8Array) | undefined;
});

describe("the guest's end", () => {
  test("believes no answer that was changed, or is not to its last request", async () => {
    for (const response of ["flipped-bit", "replayed"] as const) {
      const snp = processor("Genoa", { faults: { snp: { response } } });
      const { channel, carry } = launch(snp);
      const guest = channel();
      if (response === "replayed") await guest.report({ reportData }, carry);
      await assert.rejects(guest.report({ reportData }, carry), {
        name: "ChannelError",
        code: response === "replayed" ? "bad-sequence" : "bad-tag",
      });
    }
  });

  test("believes no answer that is its own request, or of another kind", () => {
    const key = new Uint8Array(32).fill(1);
    const guest = new GuestMessageChannel(key, 0);
    const request = guest.seal("REPORT_REQ", payload);
    assert.throws(() => guest.open("REPORT_RSP", request), { code: "bad-sequence" });
    const plain = { type: MESSAGE_TYPES.KEY_RSP, version: 1, payload };
    assert.throws(() => guest.open("REPORT_RSP", sealMessage(key, 1, 2n, plain)), {
      code: "bad-tag",
    });
    assert.throws(() => guest.open("REPORT_RSP", sealMessage(key, 0, 2n, plain)), {
      code: "bad-type",
    });
    assert.throws(() => guest.open("REPORT_RSP", new Uint8Array(10)), { name: "LayoutError" });
    assert.throws(() => new GuestMessageChannel(key, 4), { code: "bad-key" });
    const wiped = launch(processor()).secrets.fill(0, 0x20, 0x40);
    assert.throws(() => GuestMessageChannel.ofSecretsPage(wiped), { code: "bad-key" });
  });

  test("what is sealed with a key opens with it and with no other", () => {
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const content = fc.uint8Array({ minLength: 1, maxLength: 4000 });
    fc.assert(
      fc.property(
        bytes32,
        bytes32,
        content,
        fc.bigInt(1n, (1n << 64n) - 1n),
        (key, other, data, n) => {
          const plain = { type: 5, version: 1, payload: data };
          const message = sealMessage(key, 2, n, plain);
          assert.deepEqual(openMessage(key, message), plain);
          if (!Buffer.from(key).equals(other)) assert.equal(openMessage(other, message), undefined);
        },
      ),
      { numRuns: 50 },
    );
  });
});

test("the header is where Linux has it (include/uapi, struct snp_guest_msg_hdr)", () => {
  const message = sealMessage(new Uint8Array(32), 2, 0x0102_0304n, {
    type: MESSAGE_TYPES.REPORT_REQ,
    version: 1,
    payload,
  });
  const hex = Buffer.from(message.subarray(0x10, 0x60)).toString("hex");
  const expected = [
    "00".repeat(16),
    "0403020100000000",
    "00".repeat(8),
    "01016000050160000000000002",
    "00".repeat(35),
  ].join("");
  assert.equal(hex, expected);
  assert.equal(message.length, 0x60 + 0x60);
});

describe("derived keys", () => {
  const snp = processor("Milan");
  const first = launch(snp, { asid: 1 });
  const second = launch(snp, { asid: 2 });
  const [a, b] = [first.channel(), second.channel()];
  const fields = ["policy", "measurement", "tcbVersion"] as const;
  const tcbVersion = Uint8Array.of(1, 0, 0, 0, 0, 0, 5, 10);

  test("are stable for the same request, and the same in equal guests of this chip", async () => {
    const request = { fields, tcbVersion };
    const key = await a.derivedKey(request, first.carry);
    assert.equal(key.length, 32);
    assert.deepEqual(await a.derivedKey(request, first.carry), key);
    assert.deepEqual(await b.derivedKey(request, second.carry), key);
  });

  test("differ with everything that is mixed in, and between guests with the VMRK", async () => {
    const keys: string[] = [];
    const ask = async (request: Parameters<typeof a.derivedKey>[0], guest = a): Promise<void> => {
      const { carry } = guest === a ? first : second;
      keys.push(Buffer.from(await guest.derivedKey(request, carry)).toString("hex"));
    };
    await ask({});
    await ask({ fields });
    await ask({ fields: ["policy"] });
    await ask({ fields, tcbVersion });
    await ask({ fields: ["imageId"] });
    await ask({ vmpl: 2 });
    await ask({ root: "VMRK" });
    await ask({ root: "VMRK" }, b);
    await ask({ fields: ["launchMitVector"], launchMitVector: 1n });
    const other = processor("Milan", { chipId: new Uint8Array(64).fill(3) });
    const stranger = launch(other);
    const key = await stranger.channel().derivedKey({}, stranger.carry);
    keys.push(Buffer.from(key).toString("hex"));
    assert.equal(new Set(keys).size, keys.length);
  });

  test("are refused above what the guest and the platform have", async () => {
    const refusals = [
      { guestSvn: 1 },
      { tcbVersion: new Uint8Array(8).fill(255) },
      { tcbVersion: Uint8Array.of(0, 0, 1, 0, 0, 0, 0, 0) },
      { vmpl: 4 },
      { fields: ["launchMitVector"], launchMitVector: 1n << 40n },
    ] as const;
    for (const request of refusals) {
      await assert.rejects(a.derivedKey(request, first.carry), { code: "refused" });
    }
    done(snp.config({ maskChipKey: true }));
    await assert.rejects(a.derivedKey({}, first.carry), { message: /INVALID_KEY/ });
    await assert.rejects(a.derivedKey({ keySelection: 2 }, first.carry), {
      message: /INVALID_KEY/,
    });
    await a.derivedKey({ root: "VMRK" }, first.carry);
    done(snp.config({ maskChipKey: false }));
  });

  test("reserved bits of a request are refused inside the answer", () => {
    const bytes = KEY_REQUEST.encode({
      rootKeySelection: 8,
      fieldSelection: 1n << 7n,
      vmpl: 0,
      guestSvn: 0,
      tcbVersion: new Uint8Array(8),
      launchMitVector: 0n,
    }).subarray(0, 0x20);
    const answer = first.carry(a.seal("KEY_REQ", bytes));
    const response = a.open("KEY_RSP", answer);
    assert.equal(response[0], 0x16);
    assert.deepEqual(response.subarray(0x20), new Uint8Array(32));
  });
});
