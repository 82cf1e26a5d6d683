// SPDX-License-Identifier: Apache-2.0
// A domain of libvirt: defined from the plan and started paused, or attached to where the host has done
// so. What is checked is its XML, as it is before and as libvirt runs it.

import { readFile } from "node:fs/promises";
import type { Duplex } from "node:stream";
import { base64Decode } from "@greenlight/core/bytes";
import type { Finding } from "@greenlight/core/finding";
import type { LibvirtHost } from "@greenlight/core/launch-appraisal";
import { LibvirtDomain, libvirtHypervisor } from "../../libvirt/index.ts";
import type { LibvirtOptions } from "../../libvirt/index.ts";
import { libvirtXml, lintDomainXml } from "../../machine/index.ts";
import type { QemuVersion } from "../../machine/index.ts";
import { GuestLaunchError } from "../error.ts";
import type { LaunchHost, OfferedFiles } from "../host.ts";
import type { Hypervisor, PlatformExport } from "../hypervisor.ts";
import { machineOf } from "./guest.ts";
import type { PlannedGuest } from "./guest.ts";
import { connectSocket } from "./sockets.ts";

/** libvirt decides by itself what its QEMU can do; only SEV-SNP asks for a version, the first with it. */
const ASSUMED: QemuVersion = { major: 9, minor: 1 };

/** Stands in the XML that is checked before there is a session. */
const NO_SESSION: SessionBytes = { godh: new Uint8Array(2084), session: new Uint8Array(128) };

interface SessionBytes {
  readonly godh: Uint8Array;
  readonly session: Uint8Array;
}

/** A host that goes through virsh. */
export class LibvirtLaunchHost implements LaunchHost {
  readonly kind = "libvirt";
  readonly ownsGuest = false;
  readonly starts: boolean;
  readonly #guest: PlannedGuest;
  readonly #host: LibvirtHost;
  readonly #options: LibvirtOptions;
  readonly #domain: LibvirtDomain;
  #isDefined = false;

  /**
   * @param virsh How virsh is called, where not as usual.
   * @throws {LibvirtError} `bad-name`.
   */
  constructor(guest: PlannedGuest, host: LibvirtHost, virsh: Partial<LibvirtOptions> = {}) {
    const { uri, domain, define } = host;
    this.starts = define;
    this.#guest = guest;
    this.#host = host;
    this.#options = { ...virsh, uri, domain };
    this.#domain = new LibvirtDomain(this.#options);
  }

  describe() {
    const { uri, domain, define } = this.#host;
    return { uri, domain, define };
  }

  async check(files: OfferedFiles | undefined): Promise<readonly Finding[]> {
    return lintDomainXml(this.starts ? this.#xml(files, NO_SESSION) : await this.#domain.xml());
  }

  async checkOpened(): Promise<readonly Finding[]> {
    return lintDomainXml(await this.#domain.xml());
  }

  async platformExport(): Promise<PlatformExport> {
    return this.#domain.platformExport();
  }

  async open(files: OfferedFiles | undefined, signal: AbortSignal): Promise<Hypervisor> {
    if (this.starts) {
      await this.#domain.define(this.#xml(files, await sessionOf(files)));
      this.#isDefined = true;
      // Nobody waits for it any more, so that nobody else would undefine it.
      if (signal.aborted) await this.close();
      signal.throwIfAborted();
      await this.#domain.startPaused();
    }
    return libvirtHypervisor(this.#options);
  }

  async channel(): Promise<Duplex> {
    const { channel } = this.#host;
    if (channel !== undefined) return connectSocket(channel);
    throw new GuestLaunchError("host-unsupported", "the plan names no owner channel", {
      hint: "set host.libvirt.channel to the socket of the port org.greenlight.owner",
    });
  }

  letGo(): void {
    this.#isDefined = false;
  }

  async close(): Promise<void> {
    if (!this.#isDefined) return;
    this.#isDefined = false;
    // Whether it ran or not; a domain that is gone needs neither.
    await this.#domain.destroy().catch(() => undefined);
    await this.#domain.undefine().catch(() => undefined);
  }

  #xml(files: OfferedFiles | undefined, session: SessionBytes | undefined): string {
    const { domain, cbitpos, reducedPhysBits, channel } = this.#host;
    const machine = machineOf(this.#guest, {
      qemu: ASSUMED,
      platform: { cbitpos, reducedPhysBits },
      files,
      channel: channel ?? `/run/greenlight/${domain}.owner`,
    });
    return libvirtXml({ ...machine, name: domain }, session);
  }
}

async function sessionOf(files: OfferedFiles | undefined) {
  if (files === undefined) return undefined;
  const [godh, session] = await Promise.all([
    readFile(files.godhFile, "latin1"),
    readFile(files.sessionFile, "latin1"),
  ]);
  return { godh: base64Decode(godh.trim()), session: base64Decode(session.trim()) };
}
