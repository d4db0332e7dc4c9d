/** A sandbox's worker thread: holds its file system, runs one request at a time. */
import { parentPort, workerData } from "node:worker_threads";
import { packTree, unpackTree } from "./archive.ts";
import { createInterpreter } from "./interpreter.ts";
import { JournaledFileSystem } from "./file-system.ts";
import type { FileRequest, WorkerMessage, WorkerReply, WorkerRequest, WorkerSetup } from "./protocol.ts";

if (parentPort) await serve(parentPort, workerData);

async function serve(port: NonNullable<typeof parentPort>, setup: WorkerSetup): Promise<void> {
  const files = new JournaledFileSystem({}, { maxTotalBytes: setup.fileSystemBytes });
  const interpreter = createInterpreter(files, setup);
  await files.apply(setup.files);
  for (const folder of [setup.workdir, "/tmp", "/home/user"]) await files.mkdir(folder, { recursive: true });

  port.on("message", (request: WorkerRequest | { stop: number }) => {
    if ("stop" in request) interpreter.stop(request.stop);
    else void answer(request);
  });
  const answer = async (request: WorkerRequest): Promise<void> => {
    const reply = request.kind === "execute" ? await interpreter.execute(request.id, request) : await answerFile(files, request);
    post(port, { id: request.id, reply, changes: await files.takeChanges() });
  };
  post(port, { id: 0, reply: { kind: "bytes", bytes: new Uint8Array() }, changes: await files.takeChanges() });
}

/** Why a path can't be one at all; the file system would take it. */
function refusePath(path: string): void {
  if (path.includes("\0")) throw new Error("a path cannot hold a NUL");
  if (Buffer.byteLength(path) > 4095 || path.split("/").some((name) => Buffer.byteLength(name) > 255))
    throw new Error("ENAMETOOLONG: the path is too long");
}

async function answerFile(files: JournaledFileSystem, request: FileRequest): Promise<WorkerReply> {
  try {
    refusePath(request.kind === "upload" ? request.into : request.path);
    return { kind: "bytes", bytes: await useFiles(files, request) };
  } catch (error) {
    return { kind: "pathError", message: error instanceof Error ? error.message : String(error) };
  }
}

async function useFiles(files: JournaledFileSystem, request: FileRequest): Promise<Uint8Array> {
  switch (request.kind) {
    case "readFile":
      return (await files.readFileBuffer(request.path)).slice();
    case "download":
      return packTree(files, request.path);
    case "upload":
      await unpackTree(files, request.tar, request.into);
      return new Uint8Array();
    case "writeFile":
      await files.mkdir(request.path.slice(0, request.path.lastIndexOf("/")) || "/", { recursive: true });
      await files.writeFile(request.path, request.content);
      await files.chmod(request.path, request.mode);
      return new Uint8Array();
  }
}

function post(port: NonNullable<typeof parentPort>, message: WorkerMessage): void {
  const arrays = message.changes.flatMap((change) => (change.type === "file" ? [change.content] : []));
  if (message.reply.kind === "bytes") arrays.push(message.reply.bytes);
  if (message.reply.kind === "execute") arrays.push(message.reply.stdout, message.reply.stderr);
  port.postMessage(
    message,
    [...new Set(arrays.map((array) => array.buffer))].filter((buffer) => buffer instanceof ArrayBuffer),
  );
}
