// SPDX-License-Identifier: Apache-2.0
// The section `host` of a plan: who runs the guest. Exactly one of its parts is given.

import * as z from "zod/mini";
import { flag, wholeNumber } from "../../policy/values.ts";
import { needed, optional, path, patterned, texts, withDefault } from "./field.ts";

const BINARY = "qemu-system-x86_64";

const cbitpos = () =>
  withDefault(
    wholeNumber(32, 63),
    51,
    "Position of the encryption bit: 47 on Naples and Rome, 51 since Milan.",
  );

const reducedPhysBits = () =>
  withDefault(wholeNumber(1, 63), 1, "Address bits that encryption takes: 5 on Naples, else 1.");

const binary = () => withDefault(path(), BINARY, "The program.");

const serial = () => optional(path(), "File that the guest's first serial port is written to.");

const channel = () =>
  optional(path(), "Socket of the guest's port org.greenlight.owner (SEV-SNP).");

/** The section. */
export const HOST_SECTION = z.strictObject({
  qemu: z.exactOptional(
    z.strictObject({
      binary: binary(),
      machine: optional(
        patterned(/^(pc-)?q35(-[0-9.]{1,8})?$/, "q35, or a versioned one such as pc-q35-9.2"),
        "Machine type.",
      ),
      cbitpos: cbitpos(),
      reducedPhysBits: reducedPhysBits(),
      serial: serial(),
    }),
  ),
  qmp: z.exactOptional(
    z.strictObject({
      socket: needed(path(), "QMP socket of a QEMU that was started with -S."),
      arguments: optional(
        path(),
        "File with its command line, as a list in JSON or as /proc/PID/cmdline has it; it is checked.",
      ),
      channel: channel(),
    }),
  ),
  libvirt: z.exactOptional(
    z.strictObject({
      uri: withDefault(
        patterned(/^[a-z][a-z0-9+.-]{0,30}:\/\/[!-~]{0,200}$/, "a URI such as qemu:///system"),
        "qemu:///system",
        "Connection.",
      ),
      domain: needed(
        patterned(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "the name of a domain"),
        "Domain. Its XML is checked.",
      ),
      define: withDefault(
        flag(),
        true,
        "Whether it is defined and started, paused, from the plan; else it must wait paused.",
      ),
      cbitpos: cbitpos(),
      reducedPhysBits: reducedPhysBits(),
      channel: channel(),
    }),
  ),
  lab: z.exactOptional(
    z.strictObject({
      binary: binary(),
      platform: needed(path(), "Folder with the state of a simulated platform."),
      faults: withDefault(
        texts(/^[a-z][a-z0-9-]{0,60}(=.{0,200})?$/, "names of faults"),
        [],
        "How the host misbehaves, for demonstrations.",
      ),
      serial: serial(),
    }),
  ),
});
