/** A sandbox that ends with its host: what waits for it when the host is taken out fails at once, and is not retried there. */
import { AssayError, type Sandbox, type Shell } from "../../../src/index.ts";
import type { Host } from "./host.ts";

/** `onEnd` is called when the sandbox is not needed any more, whether it could be removed or not. */
export function onHost(sandbox: Sandbox, host: Host, onEnd: () => void): Sandbox {
  const presence = host.presence.signal;
  const bound = <Arguments extends unknown[], Result>(method: (...given: Arguments) => Promise<Result>) => {
    return (...given: Arguments): Promise<Result> => whilePresent(host, presence, () => method(...given));
  };
  const shell = async (options: Parameters<Sandbox["shell"]>[0]): Promise<Shell> => {
    const opened = await sandbox.shell(options);
    return { exec: bound(opened.exec), [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  };
  const { verify, usage, isAlive } = sandbox;
  return {
    id: sandbox.id,
    workdir: sandbox.workdir,
    applied: sandbox.applied,
    exec: bound(sandbox.exec),
    shell: bound(shell),
    readFile: bound(sandbox.readFile),
    writeFile: bound(sandbox.writeFile),
    upload: bound(sandbox.upload),
    download: bound(sandbox.download),
    listFiles: bound(sandbox.listFiles),
    readFiles: bound(sandbox.readFiles),
    ...(verify && { verify: bound(verify) }),
    ...(usage && { usage: bound(usage) }),
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

/** Throws `sandbox/gone` as soon as the host is taken out. */
export async function whilePresent<T>({ engine }: Host, presence: AbortSignal, work: () => PromiseLike<T>): Promise<T> {
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const giveUp = (): void =>
    reject(
      new AssayError("sandbox/gone", `${engine.title} at ${engine.address()} does not answer any more, and the sandbox was there.`, {
        hint: "Run the same command again: an unfinished trial gets a fresh sandbox.",
      }),
    );
  if (presence.aborted) giveUp();
  presence.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race(presence.aborted ? [lost] : [work(), lost]);
  } finally {
    presence.removeEventListener("abort", giveUp);
  }
}
