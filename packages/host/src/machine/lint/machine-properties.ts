// SPDX-License-Identifier: Apache-2.0
// Types and properties of QEMU's machines (-machine). Rows: `-machine q35,help` of QEMU 7.2 and 11.1, and
// what the option takes besides; each is looked at elsewhere, or gives a guest nothing.

import type { OptionValue } from "./option-value.ts";
import { shown } from "./options.ts";

/** Machines with the PC's firmware, also by a distribution's version; others load something else. */
const TYPES = /^(pc|q35|pc-(q35|i440fx)-[\w.-]+)$/;

const PROPERTIES: ReadonlySet<string> = new Set(
  (
    "accel acpi append aux-ram-share bus-lock-ratelimit confidential-guest-support cxl " +
    "default-bus-bypass-iommu dump-guest-core fd-bootchk firmware graphics hmat hpet i8042 igvm-cfg " +
    "initrd kernel kernel-irqchip kernel_irqchip kvm-shadow-mem max-fw-size max-ram-below-4g mem-merge " +
    "memory memory-backend memory-encryption nvdimm nvdimm-persistence pcspk-audiodev pflash0 pflash1 " +
    "phandle-start pic pit sata shim smbios-entry-point-type smbus smm smp smp-cache suppress-vmdesc " +
    "type usb vmport wdat x-oem-id x-oem-table-id"
  ).split(" "),
);

/** Members of properties that have some: `boot.order`. */
const NESTED = /^(boot|memory|smp|smp-cache|sgx-epc|cxl-fmw)\./;

/** What of -machine is not known. */
export function unknownMachine(machine: OptionValue): readonly string[] {
  const [current, older] = ["confidential-guest-support", "memory-encryption"].map((key) =>
    machine.get(key),
  );
  // Both set the same link, in no certain order.
  const both =
    current !== undefined && older !== undefined && current !== older
      ? [shown(`-machine memory-encryption=${older} beside confidential-guest-support=${current}`)]
      : [];
  const unknown = [...machine]
    .filter(([key, value]) =>
      key === "type" ? !TYPES.test(value) : !PROPERTIES.has(key) && !NESTED.test(key),
    )
    .map(([key, value]) => shown(`-machine ${key}=${value}`));
  return [...unknown, ...both];
}
