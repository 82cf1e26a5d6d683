// SPDX-License-Identifier: Apache-2.0
// The state machines of platform and guests against a model: whatever commands come in whatever order,
// each is taken or refused as AMD's tables say, and what it leaves behind is what the model has.

import { test } from "node:test";
import * as fc from "fast-check";
import { CHOICES, fresh } from "../support/sev-model.ts";
import type { Command, Model, Real } from "../support/sev-model.ts";
import { done } from "../support/sev.ts";
import { activation, guestCommands, lifecycle, starts } from "./model-commands.ts";

/** Every command, each guest command for each of a few guests. */
const guestOnes = [...activation, ...guestCommands].flatMap((make) => CHOICES.map(make));
const everything: readonly Command[] = [...lifecycle, ...starts, ...guestOnes];

/** One of the commands that the model takes now, so that a script gets somewhere. */
function advance(among: readonly Command[]): fc.Arbitrary<fc.AsyncCommand<Model, Real>> {
  return fc.nat().map((choice) => ({
    check: () => true,
    toString: () => `advance(${choice})`,
    async run(model, real) {
      const open = among.filter(({ expected }) => expected(model) === "SUCCESS");
      await open[choice % Math.max(1, open.length)]?.run(model, real);
    },
  }));
}

test("platform: any commands in any order", async () => {
  const commands = fc.commands([fc.constantFrom(...everything), advance(everything)], {
    size: "max",
    maxCommands: 100,
  });
  await fc.assert(
    fc.asyncProperty(commands, (script) => fc.asyncModelRun(fresh, script)),
    { numRuns: 30 },
  );
});

test("guests: any commands in any order, most of them where they lead on", async () => {
  const initialised = (): { model: Model; real: Real } => {
    const { model, real } = fresh();
    done(real.platform.sev.init({ es: true }));
    return { model: { ...model, state: "INIT", es: true }, real };
  };
  const forward = [...guestCommands, ...activation.slice(1, 4)].flatMap((make) =>
    CHOICES.map(make),
  );
  const commands = fc.commands(
    [
      fc.constantFrom(...starts),
      fc.constantFrom(...guestOnes),
      advance(forward),
      advance(forward),
      advance(forward),
    ],
    { size: "max", maxCommands: 150 },
  );
  await fc.assert(
    fc.asyncProperty(commands, (script) => fc.asyncModelRun(initialised, script)),
    { numRuns: 40 },
  );
});
