/** A file of answers made elsewhere, as the `outputs/` provider reads it: which of them is whose, kept on disk until it is asked for. */
import { basename } from "node:path";
import { AssayError } from "../core/errors.ts";
import type { GivenOutput, OutputsSource } from "../core/model.ts";
import { readOutputs } from "../data/outputs/read-outputs.ts";
import { nameOf } from "../data/outputs/record.ts";
import { openSpool, type Spooled } from "../store/spool.ts";
import type { PlannedTask } from "./plan.ts";

export interface OpenOutputsOptions {
  /** Whose answers are looked for. */
  tasks: readonly Pick<PlannedTask, "task" | "instances" | "epochs">[];
  /** Told what a person should know of the file, a line each. */
  note: (line: string) => void;
}

/** Reads the whole file once. Throws `data/…`; what belongs to no planned trial is told, not refused. */
export async function openOutputs(file: string, { tasks, note }: OpenOutputsOptions): Promise<OutputsSource> {
  const shown = basename(file);
  refuseSeveral(tasks, shown);
  await using opening = new AsyncDisposableStack();
  const spool = opening.use(await openSpool());
  const [believed, other] = [new AnswersByName(shown), new AnswersByName(shown)];
  for await (const record of readOutputs(file)) {
    const { output, question, error, scores, place, namedBy } = record;
    const at = await spool.add(JSON.stringify({ output, question, error, scores }));
    const [id, position] = [record.instanceId && byId(record.instanceId), record.position !== undefined && byPosition(record.position)];
    const kept = { name: nameOf(record), place, at, ...(record.epoch !== undefined && { epoch: record.epoch }) };
    believed.add((namedBy === "id" ? id : position) || "", kept);
    other.add((namedBy === "id" ? position : id) || "", kept);
  }
  const planned = new Set(tasks.flatMap(({ instances }) => instances.flatMap(namesOfInstance)));
  const epochs = Math.max(0, ...tasks.map((task) => task.epochs));
  // All or nothing: an answer whose own name is not planned must not go to whoever has its other one.
  const answers = believed.hasAny(planned) || !other.hasAny(planned) ? believed : other;
  const strays = answers.besides(planned, epochs);
  if (strays.length > 0) note(strayWords(shown, strays));
  const closing = opening.move();
  return {
    async outputOf({ instanceId, position, epoch }) {
      const found = answers.find(byId(instanceId), epoch) ?? answers.find(byPosition(position), epoch);
      if (!found) return undefined;
      const stored = JSON.parse(await spool.read(found.at)) as Omit<GivenOutput, "place">;
      return { ...stored, place: `${shown} ${found.place}` };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Ids and numbers of one task's instances are another task's, too. */
function refuseSeveral(tasks: OpenOutputsOptions["tasks"], shown: string): void {
  if (tasks.length <= 1) return;
  const named = tasks.map(({ task }) => task.spec).join(", ");
  throw new AssayError("usage/bad-option", `-t: ${shown} holds answers to one task, and these are ${tasks.length}: ${named}.`, {
    hint: "Score one task at a time.",
  });
}

const byId = (id: string) => `id ${id}`;
const byPosition = (position: number) => `position ${position}`;
const namesOfInstance = ({ instance, position }: PlannedTask["instances"][number]) => [byId(instance.id), byPosition(position)];

interface Kept {
  /** For people. */
  name: string;
  epoch?: number;
  place: string;
  at: Spooled;
}

/** The answers of a file by one of the names that it has for instances, and by epoch. */
class AnswersByName {
  readonly #shown: string;
  readonly #answers = new Map<string, Map<number, Kept>>();

  constructor(shown: string) {
    this.#shown = shown;
  }

  /** Without a name it is left out. Throws where there is one of the same epoch. */
  add(name: string, kept: Kept): void {
    if (name === "") return;
    const ofInstance = this.#answers.get(name) ?? new Map<number, Kept>();
    this.#answers.set(name, ofInstance);
    const epoch = kept.epoch ?? ofInstance.size + 1;
    const known = ofInstance.get(epoch);
    if (known) {
      const what = `instance ${JSON.stringify(kept.name)} has an answer for epoch ${epoch} already, at ${known.place}`;
      throw new AssayError("data/invalid", `${this.#shown} ${kept.place}: ${what}.`, {
        hint: "Leave one of the two out, or number the epochs.",
      });
    }
    ofInstance.set(epoch, kept);
  }

  find(name: string, epoch: number): Kept | undefined {
    return this.#answers.get(name)?.get(epoch);
  }

  hasAny(names: ReadonlySet<string>): boolean {
    return this.#answers.keys().some((name) => names.has(name));
  }

  /** Those of other instances, and of epochs beyond the last. */
  besides(names: ReadonlySet<string>, epochs: number): string[] {
    const strays: string[] = [];
    for (const [name, ofInstance] of this.#answers) {
      for (const [epoch, kept] of ofInstance) {
        if (names.has(name) && epoch <= epochs) continue;
        strays.push(epoch === 1 ? kept.name : `${kept.name} (epoch ${epoch})`);
      }
    }
    return strays;
  }
}

const NAMED_STRAYS = 5;

function strayWords(shown: string, strays: readonly string[]): string {
  const [count, first] = [strays.length, strays.slice(0, NAMED_STRAYS)];
  const said = count === 1 ? "1 answer belongs" : `${count.toLocaleString("en")} answers belong`;
  const named = [...first, ...(count > first.length ? ["…"] : [])].join(", ");
  return `${shown}: ${said} to no planned trial and ${count === 1 ? "is" : "are"} left aside: ${named}`;
}

/** How many answers the file has for the instance that has most. */
export async function epochsIn(file: string): Promise<number> {
  const counts = new Map<string, number>();
  let most = 1;
  for await (const record of readOutputs(file)) {
    const name = nameOf(record);
    const epoch = record.epoch ?? (counts.get(name) ?? 0) + 1;
    counts.set(name, epoch);
    most = Math.max(most, epoch);
  }
  return most;
}
