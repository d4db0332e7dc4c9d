import { expect, it } from "vitest";
import { modalError, within } from "../../../sandboxes/modal/errors.ts";

const clientError = (code: number, details: string): Error =>
  Object.assign(new Error(`/modal.client.ModalClient/SandboxCreateV2 CODE: ${details}`), { name: "ClientError", code, details });
const sdkError = (name: string, message: string): Error => Object.assign(new Error(message), { name });

it.each([
  [clientError(16, "Token validation failed"), "sandbox/unavailable", "Modal refuses the token: Token validation failed"],
  [clientError(3, "cpu is too large"), "sandbox/unavailable", "Modal refused the start: cpu is too large"],
  [sdkError("InvalidError", "no such region"), "sandbox/unavailable", "Modal refused the start: no such region"],
  [clientError(14, "connection reset"), "sandbox/failed", "Modal failed at the start: connection reset"],
  [new Error("odd\nthings"), "sandbox/failed", "Modal failed at the start: odd things"],
])("says in one line what %s means, and what to do", (error, code, message) => {
  expect(modalError("the start", error)).toMatchObject({ code, message, hint: expect.stringMatching(/^[^\n]+$/) });
});

it("says what to do past a rate limit", () => {
  expect(modalError("the start", clientError(8, "rate limit (5/s) exceeded"))).toMatchObject({
    code: "sandbox/failed",
    message: "Modal has no room for the start: rate limit (5/s) exceeded",
    hint: "Run fewer trials at once (--concurrency), or ask Modal for a higher limit.",
  });
});

it("gives up a call that is never answered, and ends with the signal's reason where it is aborted", async () => {
  const never = new Promise<never>(() => {});
  await expect(within(20, "a call", never)).rejects.toMatchObject({
    code: "sandbox/failed",
    message: "Modal did not answer within 0.02 s: a call.",
  });
  await expect(within(10_000, "a call", never, AbortSignal.timeout(20))).rejects.toThrow("timeout");
});
