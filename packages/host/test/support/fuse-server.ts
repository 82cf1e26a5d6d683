// SPDX-License-Identifier: Apache-2.0
// The imitation of the kernel's folder as a real mount, in a process of its own:
// node fuse-server.ts FOLDER OPTIONS, with options of the driver as JSON. Says `mounted` when it is.

import { spawnSync } from "node:child_process";
import { constants as fsConstants, openSync, read, writeSync } from "node:fs";
import { constants } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { TsmFile } from "../../src/tsm/index.ts";
import * as fuse from "./fuse.ts";
import { stampedTable } from "./guest.ts";
import { FOLDER, KernelTsm } from "./kernel-tsm.ts";
import { SevGuest } from "./sev-guest.ts";
import type { Answer } from "./sev-guest.ts";
import { ATTRIBUTES } from "./tsm-core.ts";

/** Options on the command line. */
export interface MountOptions {
  readonly vmpl?: number;
  readonly answers?: readonly Answer[];
  /** How long the host takes for a report, in milliseconds. */
  readonly delay?: number;
}

const { OPCODES } = fuse;
const { errno } = constants;

class Server {
  readonly #kernel: KernelTsm;
  readonly #paths = new Map<bigint, string>([[1n, FOLDER]]);
  readonly #files = new Map<bigint, TsmFile>();
  #next = 2n;

  constructor(kernel: KernelTsm) {
    this.#kernel = kernel;
  }

  /** The answer's content, an error's number, or undefined where none is wanted. */
  async handle({ opcode, node, body }: fuse.Request): Promise<Uint8Array | number | undefined> {
    const path = this.#paths.get(node) ?? FOLDER;
    switch (opcode) {
      case OPCODES.INIT:
        return fuse.initOut();
      case OPCODES.FORGET:
      case OPCODES.BATCH_FORGET:
      case OPCODES.INTERRUPT:
        return undefined;
      case OPCODES.LOOKUP:
        return this.#lookup(`${path}/${fuse.nameIn(body)}`);
      case OPCODES.GETATTR:
      case OPCODES.SETATTR: {
        // Truncating, which shells do before they write, changes nothing in configfs.
        const attributes = this.#attributes(path, node);
        return attributes === undefined ? errno.ENOENT : fuse.attrOut(attributes);
      }
      case OPCODES.MKDIR: {
        const entry = `${path}/${fuse.nameIn(body, 8)}`;
        await this.#kernel.mkdir(entry);
        return this.#lookup(entry);
      }
      case OPCODES.RMDIR:
        await this.#kernel.rmdir(`${path}/${fuse.nameIn(body)}`);
        return new Uint8Array();
      case OPCODES.OPEN: {
        const access = body.readUInt32LE(0) & (fsConstants.O_WRONLY | fsConstants.O_RDWR);
        if (access === fsConstants.O_RDWR) return errno.EACCES;
        const mode = access === fsConstants.O_WRONLY ? "write" : "read";
        const handle = this.#next++;
        this.#files.set(handle, await this.#kernel.open(path, mode));
        return fuse.openOut(handle);
      }
      case OPCODES.READ: {
        const target = new Uint8Array(body.readUInt32LE(16));
        return target.subarray(0, await this.#file(body).read(target));
      }
      case OPCODES.WRITE: {
        const bytes = body.subarray(40, 40 + body.readUInt32LE(16));
        return fuse.writeOut(await this.#file(body).write(bytes));
      }
      case OPCODES.FLUSH:
        // close() waits for this one; RELEASE may come later.
        await this.#file(body).close();
        return new Uint8Array();
      case OPCODES.RELEASE:
        this.#files.delete(body.readBigUInt64LE(0));
        return new Uint8Array();
      case OPCODES.OPENDIR:
        return fuse.openOut(0n);
      case OPCODES.READDIR: {
        const names = this.#kernel.attributes(path) ?? this.#kernel.entries();
        const short = [...names].map((name) => name.slice(name.lastIndexOf("/") + 1));
        return fuse.direntsOut(short, Number(body.readBigUInt64LE(8)));
      }
      case OPCODES.RELEASEDIR:
      case OPCODES.DESTROY:
        return new Uint8Array();
      case OPCODES.STATFS:
        return Buffer.alloc(80);
      default:
        return errno.ENOSYS;
    }
  }

  #file(body: Buffer): TsmFile {
    const file = this.#files.get(body.readBigUInt64LE(0));
    if (file === undefined) throw new Error("no such file handle");
    return file;
  }

  #lookup(path: string): Uint8Array | number {
    const known = [...this.#paths].find(([, name]) => name === path)?.[0];
    const node = known ?? this.#next++;
    const attributes = this.#attributes(path, node);
    if (attributes === undefined) return errno.ENOENT;
    this.#paths.set(node, path);
    return fuse.entryOut(attributes);
  }

  #attributes(path: string, node: bigint): fuse.Attributes | undefined {
    const { S_IFDIR, S_IFREG } = fsConstants;
    if (path === FOLDER || this.#kernel.entries().includes(path)) {
      return { node, mode: S_IFDIR | 0o755, size: 0 };
    }
    const end = path.lastIndexOf("/");
    const name = path.slice(end + 1);
    const kind = ATTRIBUTES[name];
    if (kind === undefined || this.#kernel.attributes(path.slice(0, end))?.has(name) !== true) {
      return undefined;
    }
    // As configfs shows them: a page for text, nothing for binary attributes.
    const size = kind.binary ? 0 : 4096;
    return { node, mode: S_IFREG | (kind.mode === "read" ? 0o444 : 0o200), size };
  }
}

function numberOf(error: unknown): number {
  if (error instanceof Error && "errno" in error && typeof error.errno === "number") {
    return -error.errno;
  }
  throw error;
}

const readDevice = promisify(read);

/** Answers requests until the folder is unmounted. Some take long, and others are answered meanwhile. */
async function serve(device: number, server: Server): Promise<void> {
  const buffer = Buffer.alloc(1024 * 1024);
  const pending: Promise<void>[] = [];
  for (;;) {
    let length: number;
    try {
      ({ bytesRead: length } = await readDevice(device, buffer, 0, buffer.length, null));
    } catch (error) {
      if (numberOf(error) === errno.ENODEV) break;
      // A request that was taken back.
      if (numberOf(error) === errno.ENOENT) continue;
      throw error;
    }
    const request = fuse.parseRequest(Buffer.from(buffer.subarray(0, length)));
    pending.push(respond(device, server, request));
  }
  await Promise.all(pending);
}

async function respond(device: number, server: Server, request: fuse.Request): Promise<void> {
  const content = await server.handle(request).catch(numberOf);
  if (content === undefined) return;
  try {
    writeSync(device, fuse.answer(request.unique, content));
  } catch (error) {
    // Nobody waits for it any more.
    if (numberOf(error) !== errno.ENOENT && numberOf(error) !== errno.ENODEV) throw error;
  }
}

function mountOptions(text: string): MountOptions {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null) throw new Error("options are no object");
  return value;
}

const [folder = "", text = "{}"] = process.argv.slice(2);
const { delay = 0, ...driver } = mountOptions(text);
const kernel = new KernelTsm({
  provider: new SevGuest({ ...driver, certificates: stampedTable }),
  step: async (what) => {
    if (what === "fill auxblob") await sleep(delay);
  },
});
const device = openSync("/dev/fuse", "r+");
const options = "fd=3,rootmode=40000,user_id=0,group_id=0";
const { status, stderr } = spawnSync(
  "mount",
  ["-i", "-t", "fuse", "-o", options, "greenlight-tsm", folder],
  { stdio: ["ignore", "ignore", "pipe", device], encoding: "utf8" },
);
if (status === 0) {
  process.stdout.write("mounted\n");
  await serve(device, new Server(kernel));
} else {
  process.stderr.write(stderr ?? "there is no mount\n");
  process.exitCode = 1;
}
