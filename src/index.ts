/** The public API: what a task, tool, scorer, sandbox, scaffold or provider file imports. */
// The copy of zod that definitions are checked with; a user's own file needs no package of its own.
export { z } from "zod";
export * from "./core/allow-list.ts";
export * from "./core/command.ts";
export * from "./core/defaults.ts";
export * from "./core/errors.ts";
export * from "./core/file-content.ts";
export * from "./core/harness.ts";
export * from "./core/instance.ts";
export * from "./core/json.ts";
export * from "./core/judge.ts";
export * from "./core/limits.ts";
export * from "./core/message.ts";
export * from "./core/model.ts";
export * from "./core/sandbox.ts";
export * from "./core/sandbox-spec.ts";
export * from "./core/sandbox-files.ts";
export type { Snapshot, SnapshotArchive, SnapshotImage, SnapshotOptions } from "./core/sandbox-snapshot.ts";
export * from "./core/scaffold.ts";
export * from "./core/score.ts";
export * from "./core/shown.ts";
export * from "./core/suite.ts";
export * from "./core/task.ts";
export * from "./core/tool.ts";
export * from "./core/verdict.ts";
export * from "./core/verifier-folders.ts";
export * from "./scoring/extract/code.ts";
export * from "./scoring/extract/humaneval.ts";
export * from "./scoring/extract/number.ts";
export * from "./scoring/metrics.ts";
export * from "./scoring/scorers/exact-match.ts";
export * from "./scoring/scorers/numeric-match.ts";
export * from "./scoring/scorers/python-tests.ts";
export * from "./scoring/scorers/verifier.ts";
export { runVerifier } from "./scoring/run-verifier.ts";
export type { VerificationOptions } from "./scoring/graded-sandbox.ts";
// Who owns a sandbox, and whether that process still lives: what a backend needs to prune.
export { isRunning, ownIdentity, processIdentitySchema } from "./store/process-identity.ts";
