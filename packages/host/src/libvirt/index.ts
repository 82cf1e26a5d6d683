// SPDX-License-Identifier: Apache-2.0
// libvirt through virsh: a domain's life, and a domain as the hypervisor of a launch.

export { LibvirtDomain } from "./domain.ts";
export type { LibvirtOptions } from "./domain.ts";
export { LibvirtError } from "./error.ts";
export type { LibvirtErrorCode } from "./error.ts";
export { libvirtHypervisor } from "./hypervisor.ts";
export type { LibvirtHypervisorOptions } from "./hypervisor.ts";
