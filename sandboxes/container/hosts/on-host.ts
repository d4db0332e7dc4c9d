/** A sandbox that ends with its host: what waits for it when the host is taken out fails at once, and is not retried there. */
import { AssayError, type Sandbox, type Shell, type Snapshot, type SnapshotOptions } from "../../../src/index.ts";
import type { Host } from "./host.ts";

/** Has every member of `sandbox`. `onEnd` is called when it is not needed any more, whether it could be removed or not. */
export function onHost(sandbox: Sandbox, host: Host, onEnd: () => void): Sandbox {
  const presence = host.presence.signal;
  const bound = <Arguments extends unknown[], Result>(method: (...given: Arguments) => Promise<Result>) => {
    return (...given: Arguments): Promise<Result> => whilePresent(host, presence, () => method(...given));
  };
  const shell = async (options: Parameters<Sandbox["shell"]>[0]): Promise<Shell> => {
    const opened = await sandbox.shell(options);
    return { exec: bound(opened.exec), [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  };
  const { verify, snapshot, usage, services, isAlive } = sandbox;
  const snapshotOf = async (take: NonNullable<typeof snapshot>, options?: SnapshotOptions): Promise<Snapshot> => {
    const taken = await take(options);
    return taken.kind === "image" ? taken : { ...taken, tar: whileHostIsPresent(taken.tar, host, presence) };
  };
  return {
    ...sandbox,
    exec: bound(sandbox.exec),
    shell: bound(shell),
    readFile: bound(sandbox.readFile),
    writeFile: bound(sandbox.writeFile),
    upload: bound(sandbox.upload),
    download: bound(sandbox.download),
    listFiles: bound(sandbox.listFiles),
    readFiles: bound(sandbox.readFiles),
    ...(verify && { verify: bound(verify) }),
    ...(snapshot && { snapshot: bound((options?: SnapshotOptions) => snapshotOf(snapshot, options)) }),
    ...(usage && { usage: bound(usage) }),
    ...(services && { services: bound(services) }),
    ...(isAlive && { isAlive: async () => !presence.aborted && (await isAlive()) }),
    async [Symbol.asyncDispose]() {
      onEnd();
      try {
        await whilePresent(host, host.presence.signal, () => sandbox[Symbol.asyncDispose]());
        host.left.delete(sandbox);
      } catch (error) {
        host.left.add(sandbox);
        throw error;
      }
    },
  };
}

/** The same pieces; what waits for the next one when the host is taken out fails then. */
async function* whileHostIsPresent<T>(pieces: AsyncIterable<T>, host: Host, presence: AbortSignal): AsyncGenerator<T> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await whilePresent(host, presence, () => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not waited for: it would wait for a piece that may never come.
    void iterator.return?.().catch(() => {});
  }
}

/** Throws `sandbox/gone` as soon as the host is taken out. */
export async function whilePresent<T>(host: Host, presence: AbortSignal, work: () => PromiseLike<T>): Promise<T> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(goneWith(host));
  if (presence.aborted) giveUp();
  presence.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race(presence.aborted ? [lost] : [work(), lost]);
  } finally {
    presence.removeEventListener("abort", giveUp);
  }
}

export function goneWith({ engine }: Host, cause?: unknown): AssayError {
  return new AssayError("sandbox/gone", `${engine.title} at ${engine.address()} does not answer any more, and the sandbox was there.`, {
    hint: "Run the same command again: an unfinished trial gets a fresh sandbox.",
    cause,
  });
}
