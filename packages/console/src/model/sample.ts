// SPDX-License-Identifier: Apache-2.0
// The samples the empty page offers, put into the page when it is built.

/** A file of the sample. */
export interface SampleFile {
  readonly name: string;
  /** Contents as base64, or as text where they are that. */
  readonly base64?: string;
  readonly text?: string;
}

/** Something the empty page offers to look at. */
export interface Sample {
  /** On its button: `A report of Milan`. */
  readonly title: string;
  /** What it is and where it comes from, a sentence or two. */
  readonly about: string;
  readonly files: readonly SampleFile[];
}
