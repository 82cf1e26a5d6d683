// SPDX-License-Identifier: Apache-2.0
// The fields of the launch form: what besides the firmware decides a measurement.

import type { ComponentChildren, JSX } from "preact";
import { cpuModels } from "../model/launch-form.ts";
import type { LaunchForm } from "../model/launch-form.ts";
import { PROFILES, boot, chooseBootFile, form } from "../state/measurement.ts";

/** vCPUs, CPU model, VMM profile, guest features, and what is booted directly. */
export function LaunchFields({ firmware }: { readonly firmware: string }): JSX.Element {
  const { vcpus, model, signature, profile, features, cmdline } = form.value;
  const set = (change: Partial<LaunchForm>): void => {
    form.value = { ...form.peek(), ...change };
  };
  return (
    <fieldset class="form">
      <legend>Launch of {firmware}</legend>
      <Labelled id="vcpus" label="vCPUs">
        <input
          id="vcpus"
          type="number"
          min="1"
          max="4096"
          value={vcpus}
          onInput={({ currentTarget }) => set({ vcpus: currentTarget.value })}
        />
      </Labelled>
      <Labelled id="model" label="CPU model">
        <select
          id="model"
          value={model}
          onChange={({ currentTarget }) => set({ model: currentTarget.value })}
        >
          {cpuModels().map(({ name, title }) => (
            <option key={name} value={name}>
              {title}
            </option>
          ))}
          <option value="signature">by CPUID signature</option>
        </select>
      </Labelled>
      {model === "signature" ? (
        <Labelled id="signature" label="CPUID signature">
          <input
            id="signature"
            placeholder="0x00a00f11"
            value={signature}
            onInput={({ currentTarget }) => set({ signature: currentTarget.value })}
          />
        </Labelled>
      ) : null}
      <Labelled id="profile" label="VMM profile">
        <select
          id="profile"
          value={profile}
          onChange={({ currentTarget }) => set({ profile: currentTarget.value })}
        >
          {PROFILES.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </Labelled>
      <Labelled id="features" label="Guest features">
        <input
          id="features"
          value={features}
          onInput={({ currentTarget }) => set({ features: currentTarget.value })}
        />
      </Labelled>
      <BootFile what="kernel" />
      <BootFile what="initrd" />
      <Labelled id="cmdline" label="Kernel command line">
        <input
          id="cmdline"
          value={cmdline}
          onInput={({ currentTarget }) => set({ cmdline: currentTarget.value })}
        />
      </Labelled>
    </fieldset>
  );
}

function BootFile({ what }: { readonly what: "kernel" | "initrd" }): JSX.Element {
  const chosen = boot.value[what];
  return (
    <Labelled
      id={what}
      label={what === "kernel" ? "Kernel (kernel-hashes=on)" : "Initrd"}
      note={chosen === undefined ? undefined : `${chosen.name} is measured`}
    >
      <input
        id={what}
        type="file"
        onChange={({ currentTarget }) => void chooseBootFile(what, currentTarget.files?.[0])}
      />
    </Labelled>
  );
}

function Labelled({
  id,
  label,
  note,
  children,
}: {
  readonly id: string;
  readonly label: string;
  readonly note?: string | undefined;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div>
      <label for={id}>{label}</label>
      {children}
      {note === undefined ? null : <span class="soft">{note}</span>}
    </div>
  );
}
