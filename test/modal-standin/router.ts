/** What of modal.task_command_router.TaskCommandRouter the backend needs: commands, their streams and their ends. */
import { z } from "zod";
import type { GrpcLibrary } from "./definitions.ts";
import type { RunningExec } from "./execs.ts";
import { withFsTools } from "./fs-tools.ts";
import type { Images } from "./images.ts";
import type { Machine } from "./machines.ts";
import { answering, CODE, type Handler } from "./service.ts";

export interface RouterOptions {
  grpc: GrpcLibrary;
  machines: ReadonlyMap<string, Machine>;
  images: Images;
  onUnimplemented: (what: string) => void;
}

const bytes = z.instanceof(Uint8Array);
const execSchema = z.object({ taskId: z.string(), execId: z.string() });
const startSchema = execSchema.extend({
  commandArgs: z.array(z.string()),
  timeoutSecs: z.number().optional(),
  workdir: z.string().optional(),
  secretSources: z.array(z.object({ env: z.object({ contents: z.record(z.string(), z.string()) }).optional() })),
});
const stdinStreamSchema = z.object({
  start: execSchema.extend({ offset: z.number() }).optional(),
  data: bytes.optional(),
  end: z.unknown(),
});
const STREAMS = ["stdout", "stderr"] as const;

export function commandRouter({ grpc, machines, images, onUnimplemented }: RouterOptions): Record<string, Handler> {
  const machineOf = (taskId: string): Machine => {
    const machine = machines.values().find((each) => each.taskId === taskId);
    if (machine && !machine.ended) return machine;
    throw new grpc.ServerError(CODE.notFound, `task ${taskId} is not running`);
  };
  const execOf = ({ taskId, execId }: z.output<typeof execSchema>): RunningExec => {
    const exec = machineOf(taskId).execs.get(execId);
    if (exec) return exec;
    throw new grpc.ServerError(CODE.notFound, `no exec ${execId}`);
  };
  const write = async (exec: RunningExec, offset: number, data: Uint8Array): Promise<void> => {
    if (exec.isOver) throw new grpc.ServerError(CODE.precondition, "the process has ended");
    await exec.writeStdin(offset, data);
  };
  const gone = (taskId: string) => (): never => {
    throw new grpc.ServerError(CODE.notFound, `task ${taskId} ended`);
  };

  return {
    taskExecStart: answering(startSchema, async ({ taskId, execId, commandArgs, timeoutSecs, workdir, secretSources }) => {
      // Nobody is to rely on it: what it kills, and whether, is not known.
      if (timeoutSecs !== undefined) onUnimplemented("TaskExecStart.timeoutSecs");
      const argv = withFsTools(commandArgs);
      if (!argv) {
        onUnimplemented(`modal-sandbox-fs-tools ${commandArgs[1]}`);
        throw new grpc.ServerError(CODE.unimplemented, "the stand-in does not play this call of the file system tool");
      }
      const env = Object.assign({}, ...secretSources.map((source) => source.env?.contents ?? {}));
      const machine = machineOf(taskId);
      try {
        await machine.exec(execId, { argv, env, workdir });
      } catch (error) {
        await machine.look();
        machineOf(taskId);
        throw new grpc.ServerError(CODE.precondition, String(error));
      }
      return {};
    }),
    taskExecStdioRead: answering(
      execSchema.extend({ offset: z.number(), fileDescriptor: z.number() }),
      async function* (request, { signal }) {
        const stream = STREAMS[request.fileDescriptor] ?? "stdout";
        for await (const data of execOf(request).read(stream, request.offset, signal)) yield { data };
        // A stream that was cut by the sandbox's end is no whole one.
        machineOf(request.taskId);
      },
    ),
    taskExecStdinWrite: answering(
      execSchema.extend({ offset: z.number(), data: bytes, eof: z.boolean() }),
      async ({ offset, data, eof, ...id }) => {
        const exec = execOf(id);
        if (data.length > 0) await write(exec, offset, data);
        if (eof) exec.closeStdin();
        return {};
      },
    ),
    taskExecStdinWriteStream: async (requests) => {
      let open: { exec: RunningExec; offset: number } | undefined;
      for await (const request of iterable(requests)) {
        const { start, data, end } = stdinStreamSchema.parse(request);
        if (start) open = { exec: execOf(start), offset: start.offset };
        if (open && data) {
          await write(open.exec, open.offset, data);
          open.offset += data.length;
        }
        if (open && end !== undefined) open.exec.closeStdin();
      }
      return {};
    },
    taskExecStdinStatus: answering(execSchema, (id) => {
      const exec = execOf(id);
      return { numBytesWritten: exec.stdinBytes, closed: exec.isStdinClosed };
    }),
    taskSnapshotFilesystem: answering(z.object({ taskId: z.string(), ttlSeconds: z.number() }), async ({ taskId }) => ({
      imageId: await images.commit(machineOf(taskId).container),
    })),
    taskExecWait: answering(execSchema, async (id) => ({ code: await execOf(id).exit.catch(gone(id.taskId)) })),
    taskExecPoll: answering(execSchema, async (id) => {
      const exec = execOf(id);
      return exec.isOver ? { code: await exec.exit.catch(gone(id.taskId)) } : {};
    }),
  };
}

function iterable(requests: unknown): AsyncIterable<unknown> {
  return z
    .custom<AsyncIterable<unknown>>((value) => typeof value === "object" && value !== null && Symbol.asyncIterator in value)
    .parse(requests);
}
