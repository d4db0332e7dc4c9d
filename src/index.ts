/** The public API: what a task, tool, scorer, sandbox, scaffold or provider file imports. */
export * from "./core/errors.ts";
export * from "./core/harness.ts";
export * from "./core/ids.ts";
export * from "./core/json.ts";
export * from "./core/limits.ts";
export * from "./core/message.ts";
export * from "./core/model.ts";
export * from "./core/record.ts";
export * from "./core/sandbox.ts";
export * from "./core/scaffold.ts";
export * from "./core/score.ts";
export * from "./core/suite.ts";
export * from "./core/task.ts";
export * from "./core/tool.ts";
export * from "./core/trace.ts";
