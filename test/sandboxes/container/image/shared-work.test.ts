import { expect, test } from "vitest";
import { sharedWork, type Work } from "../../../../sandboxes/container/image/shared-work.ts";

/** Work that goes on until it is told to stop, or let go. */
function endless() {
  const begun: Work[] = [];
  const letGo = Promise.withResolvers<string>();
  const ask = sharedWork(async (work) => {
    begun.push(work);
    const stopped = new Promise<never>((_resolve, reject) => {
      work.signal.addEventListener("abort", () => reject(new Error("stopped")), { once: true });
    });
    return Promise.race([letGo.promise, stopped]);
  });
  return { ask, begun, letGo };
}

test("work is done once for all who ask, and each hears its progress", async () => {
  const { ask, begun, letGo } = endless();
  const heard: string[] = [];
  const asked = [1, 2, 3].map((person) => ask({ onProgress: (line) => heard.push(`${person} ${line}`) }));
  begun[0]?.onProgress("half");
  letGo.resolve("done");
  expect(await Promise.all(asked)).toEqual(["done", "done", "done"]);
  expect(begun).toHaveLength(1);
  expect(heard).toEqual(["1 half", "2 half", "3 half"]);
});

test("one who gives up does not end it for the others", async () => {
  const { ask, begun, letGo } = endless();
  const impatient = new AbortController();
  const [left, stays] = [ask({ signal: impatient.signal }), ask({})];
  impatient.abort(new Error("enough"));
  await expect(left).rejects.toThrow("enough");
  expect(begun[0]?.signal.aborted).toBe(false);
  letGo.resolve("done");
  expect(await stays).toBe("done");
});

test("when all give up at the same time it is stopped, and the next one begins anew", async () => {
  const { ask, begun, letGo } = endless();
  const interrupted = new AbortController();
  const asked = [1, 2].map(() => ask({ signal: interrupted.signal }));
  interrupted.abort(new Error("Ctrl-C"));
  for (const one of asked) await expect(one).rejects.toThrow("Ctrl-C");
  expect(begun[0]?.signal.aborted).toBe(true);
  const next = ask({});
  letGo.resolve("done");
  expect(await next).toBe("done");
  expect(begun).toHaveLength(2);
});
