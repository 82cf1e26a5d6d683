// SPDX-License-Identifier: Apache-2.0
// What the init scripts print on the serial console, and what it means. Nothing of it is secret, and
// the host can write all of it itself: it is for demonstrations and tests, never a proof.

/** Every line of the init scripts begins so. */
const PREFIX = "greenlight-guest: ";

/** States the scripts tell, by their fixed words. */
export const GUEST_STATES = {
  started: "started",
  noSecret: "no secret",
  noDisk: "no encrypted disk",
  unsafeHeader: "unsafe header",
  wrongPassphrase: "wrong passphrase",
  cannotUnlock: "cannot unlock",
  cannotMount: "cannot mount",
  unlocked: "unlocked",
  wiped: "secret wiped",
  notWiped: "secret not wiped",
  noEvidence: "no evidence",
  askedForSecret: "asked for the secret",
  refused: "refused",
  rootRuns: "root runs",
  powerOff: "power off",
} as const;

/** The name of a state. */
export type GuestState = keyof typeof GUEST_STATES;

/** What a guest said of itself. */
export interface GuestConsole {
  /** In the order they were printed. */
  readonly states: readonly GuestState[];
  /** What the encrypted disk held in its file `proof`, line by line. */
  readonly proof: readonly string[];
  /** What was said beside that. */
  readonly remarks: readonly string[];
}

/** The line that tells a state, as the scripts print it. */
export function stateLine(state: GuestState): string {
  return PREFIX + GUEST_STATES[state];
}

/** Reads what a guest printed; output of firmware and kernel between the lines is skipped. */
export function readGuestConsole(text: string): GuestConsole {
  const states: GuestState[] = [];
  const proof: string[] = [];
  const remarks: string[] = [];
  for (const line of text.split(/\r*\n/)) {
    // Firmware leaves escape sequences before the first line, without ending its own.
    const at = line.indexOf(PREFIX);
    if (at < 0) continue;
    const said = line.slice(at + PREFIX.length).replace(/\r+$/, "");
    const state = stateNamed(said);
    if (state !== undefined) states.push(state);
    else if (said.startsWith("proof: ")) proof.push(said.slice("proof: ".length));
    else remarks.push(said);
  }
  return { states, proof, remarks };
}

function stateNamed(said: string): GuestState | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the table are its type
  const names = Object.keys(GUEST_STATES) as GuestState[];
  return names.find((name) => GUEST_STATES[name] === said);
}
