/** Runs tools as the engine does: input parsed by the tool's own schema, state kept by tool, disposed of at the end. */
import type { Sandbox } from "../../src/core/sandbox.ts";
import type { ToolDefinition, ToolOutput } from "../../src/core/tool.ts";

export interface ToolBench extends AsyncDisposable {
  use<Input>(tool: ToolDefinition<Input>, input: unknown): Promise<ToolOutput>;
}

export function toolBench(sandbox: Sandbox, options: { commandTimeoutMs?: number } = {}): ToolBench {
  const states = new Map<string, unknown>();
  const scope = new AsyncDisposableStack();
  return {
    async use(tool, input) {
      return tool.execute(tool.input.parse(input), {
        sandbox,
        signal: new AbortController().signal,
        commandTimeoutMs: options.commandTimeoutMs ?? 20_000,
        async state<T>(create: () => T | Promise<T>): Promise<T> {
          if (!states.has(tool.name)) {
            const made = await create();
            states.set(tool.name, made);
            if (typeof made === "object" && made !== null && Symbol.asyncDispose in made) scope.use(made as T & AsyncDisposable);
          }
          return states.get(tool.name) as T;
        },
      });
    },
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}
