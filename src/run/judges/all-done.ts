/** Waits until all have ended, then throws what the first of them threw: a call that is being paid for is not left behind because another failed. */
export async function allDone<T>(working: Iterable<Promise<T>>): Promise<T[]> {
  const ended = await Promise.allSettled(working);
  const failed = ended.find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
  return ended.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}
