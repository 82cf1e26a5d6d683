// SPDX-License-Identifier: Apache-2.0
// Findings about whether a launch is the one its owner prepared.

/** What each finding checks, by id. */
export const LAUNCH_FINDINGS = {
  "launch.policy.reserved-bits": "the guest policy has only bits that have a name",
  "launch.policy.generation": "the guest policy demands SEV-ES where the plan does, and only there",
  "launch.policy.debug-allowed": "the host may not read the guest's memory for debugging (NODBG)",
  "launch.policy.key-sharing": "no other guest may share the memory key (NOKS)",
  "launch.policy.send-allowed": "the guest may not be sent elsewhere, or only to where it is safe",
  "launch.policy.minimum-api": "the guest policy demands the plan's minimum firmware API",

  "launch.start.refused": "the secure processor takes session, policy and ID block",
  "launch.kind.mismatch": "the hypervisor runs the guest as the generation that the plan names",
  "launch.guest.state": "the guest's processors have not run, and it waits for its secret",
  "launch.policy.differs": "the hypervisor states the guest policy of the session",
  "launch.api.malformed": "the API version and build that the hypervisor states fit their fields",
  "launch.measurement.layout": "what LAUNCH_MEASURE gave is a measurement and a nonce, 48 bytes",
  "launch.measurement.mismatch": "the measurement is of a launch that the plan describes",
  "launch.digest.addresses-not-bound": "the digest covers where in memory each part was loaded",
  "launch.api.not-covered": "the measurement covers API version, build and guest policy",
  "launch.api.below-minimum":
    "the firmware API, proved by the measurement, is at least the minimum",

  "launch.id-block.differs": "the report shows the ID block of the plan",

  "launch.secret.area-missing": "the firmware sets an area aside for launch secrets",
  "launch.secret.too-large": "the secrets fit into the firmware's secret area",

  "launch.secret.readable-by-others": "files with secrets can be read by their owner alone",

  "launch.guest-key.refused": "the key that the guest gave is an RSA key of 2048 to 4096 bits",
  "launch.secret.too-large-for-key": "each secret fits under the guest's key",

  "launch.record.layout": "every line of the record follows its format",
  "launch.record.chain": "every line of the record holds the digest of the one before it",
  "launch.record.order": "the steps of the record come in an order that a launch can have",
  "launch.record.unended": "the record says how the launch ended",
  "launch.record.release-without-acceptance": "nothing was released before the launch was accepted",
} as const satisfies Readonly<Record<string, string>>;
