// SPDX-License-Identifier: Apache-2.0
// Platforms are stored whole and read strictly; their files are nobody else's, and no error quotes them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import {
  PLATFORM_LINES,
  PlatformError,
  createPlatform,
  loadPlatform,
  readPlatformFile,
  seededRandom,
  systemRandom,
  writePlatformFile,
} from "@greenlight/psp/platform";
import { API, bytes, done, launched, milan, refused, running, session } from "../support/sev.ts";

const stored = (): unknown => JSON.parse(JSON.stringify(running().toJson()));

describe("a stored platform", () => {
  for (const line of PLATFORM_LINES) {
    test(`of ${line} has the same certificates after a power cycle, and no guests`, async () => {
      const before = createPlatform({ line, api: API, es: true, random: systemRandom });
      done(before.sev.init());
      const owner = await session(before);
      launched(before, owner);
      const json = JSON.stringify(before.toJson());
      const after = loadPlatform(JSON.parse(json));
      assert.equal(JSON.stringify(after.toJson()), json);
      assert.equal(done(after.sev.platformStatus()).state, "UNINIT");
      done(after.sev.init());
      assert.deepEqual(after.sev.pdhCertExport(), before.sev.pdhCertExport());
      assert.deepEqual(after.authorities.ark, before.authorities.ark);
      assert.deepEqual(after.sev.getId(), before.sev.getId());
      assert.equal(done(after.sev.platformStatus()).guestCount, 0);
      assert.equal(after.snp === undefined, line === "Naples" || line === "Rome");
      // A session for the old platform is one for the new.
      launched(after, owner);
    });
  }

  test("goes on with its randomness where it stopped", () => {
    const before = milan({ random: seededRandom("a seed") });
    done(before.sev.init());
    const after = loadPlatform(JSON.parse(JSON.stringify(before.toJson())));
    done(after.sev.init());
    done(before.sev.pdhGen());
    done(after.sev.pdhGen());
    assert.deepEqual(after.sev.pdhCertExport(), before.sev.pdhCertExport());
    assert.notDeepEqual(before.random.bytes(16), seededRandom("a seed").bytes(16));
  });

  test("without keys makes them at INIT", () => {
    const after = loadPlatform(JSON.parse(JSON.stringify(milan().toJson())));
    done(after.sev.init());
    assert.equal(done(after.sev.pdhCertExport()).pdh.length, 2084);
  });

  test("holds no guest's keys", async () => {
    const platform = running();
    const owner = await session(platform);
    launched(platform, owner);
    const json = JSON.stringify(platform.toJson());
    for (const key of [owner.keys.tek, owner.keys.tik]) {
      assert.ok(!json.includes(Buffer.from(key).toString("hex")));
      assert.ok(!json.includes(Buffer.from(key).toString("base64")));
    }
  });
});

describe("what is no stored platform is refused", () => {
  test("anything that JSON can be", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        assert.throws(() => loadPlatform(json), PlatformError);
      }),
    );
  });

  test("a platform of which one member is missing, another, or of another type", () => {
    const whole = stored();
    const paths = members(whole);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
        const changed = structuredClone(whole);
        const parent = parentOf(changed, path);
        const name = path.at(-1)!;
        const before = parent[name];
        parent[name] = value;
        try {
          loadPlatform(changed);
          // Only a value that fits as well as the old one is taken.
          assert.equal(typeof value, typeof before);
        } catch (error) {
          assert.ok(error instanceof PlatformError, String(error));
          assert.equal(error.code, "bad-state");
        }
        delete parent[name];
        const optional = ["keys", "snp", "scalar"].includes(name);
        if (!optional) assert.throws(() => loadPlatform(changed), PlatformError);
      }),
    );
  });

  test("a private value of another key, and none of the curve; the error does not quote it", () => {
    const other = "11".repeat(48);
    for (const scalar of [other, "00".repeat(48), "ff".repeat(48)]) {
      const changed = stored();
      parentOf(changed, ["keys", "pek", "scalar"])["scalar"] = scalar;
      assert.throws(
        () => loadPlatform(changed),
        (error) => error instanceof PlatformError && !error.message.includes(scalar.slice(0, 16)),
      );
    }
  });

  test("options of another size", () => {
    const options = { line: "Milan", api: API, es: true, random: systemRandom } as const;
    for (const bad of [
      { chipId: bytes(63) },
      { seed: "" },
      { seed: "x".repeat(65) },
      { api: { ...API, minor: 256 } },
      { api: { ...API, build: 0.5 } },
    ]) {
      assert.throws(
        () => createPlatform({ ...options, ...bad }),
        (error) => error instanceof PlatformError && error.code === "bad-option",
      );
    }
  });
});

describe("the file of a platform", () => {
  test("is the owner's alone, is replaced whole, and is read again", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "greenlight-platform-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "platform.json");
    // One that others could read is replaced, not written into.
    writeFileSync(path, "{}", { mode: 0o644 });
    const platform = running();
    writePlatformFile(path, platform);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ["platform.json"]);
    assert.deepEqual(readPlatformFile(path).toJson(), platform.toJson());
  });

  test("that is missing, not JSON or endless is an error that does not quote it", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "greenlight-platform-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "platform.json");
    assert.throws(() => readPlatformFile(path), { code: "state-file" });
    writeFileSync(path, '{"scalar": "secret-bytes"');
    assert.throws(
      () => readPlatformFile(path),
      (error) => error instanceof PlatformError && !error.message.includes("secret-bytes"),
    );
    writeFileSync(path, " ".repeat(2 * 1024 * 1024));
    assert.throws(() => readPlatformFile(path), { code: "bad-state" });
    assert.throws(() => writePlatformFile(join(folder, "none", "platform.json"), running()), {
      code: "state-file",
    });
    assert.equal(readFileSync(path).length, 2 * 1024 * 1024);
  });

  test("is kept when there is no room for the new one", (t) => {
    const folder = mkdtempSync(join(tmpdir(), "greenlight-platform-"));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "platform.json");
    const platform = running();
    writePlatformFile(path, platform);
    // Another process that may write 4 KiB: the first write() is cut short there, as on a full disk.
    const program = `
      import { readPlatformFile, writePlatformFile } from "@greenlight/psp/platform";
      process.on("SIGXFSZ", () => undefined);
      try {
        writePlatformFile(process.argv[1], readPlatformFile(process.argv[1]));
      } catch (error) {
        process.exitCode = error.code === "state-file" ? 7 : 8;
      }`;
    const node = [process.execPath, "--input-type=module", "-e", program, path];
    const limited = ["-c", 'ulimit -f 8 && exec "$@"', "sh", ...node];
    const cwd = import.meta.dirname;
    const { status, stderr } = spawnSync("sh", limited, { cwd, encoding: "utf8" });
    assert.equal(status, 7, stderr);
    assert.deepEqual(readPlatformFile(path).toJson(), platform.toJson());
    assert.deepEqual(readdirSync(folder), ["platform.json"]);
  });
});

test("faults are not stored", () => {
  const platform = milan({ faults: { mnonce: "repeated" } });
  assert.deepEqual(loadPlatform(JSON.parse(JSON.stringify(platform.toJson()))).faults, {});
  refused(platform.sev.pdhGen(), "INVALID_PLATFORM_STATE");
});

type Path = readonly string[];

/** Paths of all members of an object. */
function members(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    [...path, name],
    ...members(inner, [...path, name]),
  ]);
}

function parentOf(root: unknown, path: Path): Record<string, unknown> {
  return path
    .slice(0, -1)
    .reduce(
      (value, name) => value[name] as Record<string, unknown>,
      root as Record<string, unknown>,
    );
}
