/** The stand-in as a process: one server for both services, and a word with the test that started it. */
import Docker from "dockerode";
import { captureDefinitions } from "./definitions.ts";
import { checkToken, controlPlane } from "./control-plane.ts";
import { FaultInjector } from "./faults.ts";
import { Images } from "./images.ts";
import { sweep, type Machine, STATUS } from "./machines.ts";
import { questionSchema, type Report } from "./protocol.ts";
import { commandRouter } from "./router.ts";
import { implementation, type ServiceOptions } from "./service.ts";

const CONTROL = "modal.client.ModalClient";
const ROUTER = "modal.task_command_router.TaskCommandRouter";
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;

/** The SDK's decoder leaves a byte order mark out of a string that begins with one; Modal's servers are another program. */
globalThis.TextDecoder = class extends TextDecoder {
  constructor(label?: string, options?: ConstructorParameters<typeof TextDecoder>[1]) {
    super(label, { ...options, ignoreBOM: true });
  }
};

const { grpc, definitions } = await captureDefinitions();
const [control, router] = [CONTROL, ROUTER].map((name) => definitions.get(name));
if (!control || !router) throw new Error(`The SDK has ${[...definitions.keys()].join(", ")}: not ${CONTROL} and ${ROUTER}.`);

const docker = new Docker();
await sweep(docker);
const images = new Images(docker);
const machines = new Map<string, Machine>();
const unimplemented: string[] = [];
const calls: Record<string, number> = {};
const faults = new FaultInjector(grpc);
let address = "";

const onUnimplemented = (what: string): void => {
  unimplemented.push(what);
  console.error(`modal stand-in: not implemented: ${what}`);
};
const counted: Pick<ServiceOptions, "grpc" | "onUnimplemented"> = { grpc, onUnimplemented };
const count = (method: string): void => void (calls[method] = (calls[method] ?? 0) + 1);
const server = grpc.createServer({
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
});
const controlHandlers = controlPlane({
  docker,
  images,
  grpc,
  faults,
  machines,
  // The SDK insists on https and speaks plain h2c to this host nevertheless.
  routerUrl: () => `https://${address}`,
  owner: String(process.pid),
});
server.add(
  control,
  implementation(control, controlHandlers, {
    ...counted,
    before(method, context) {
      count(method);
      checkToken(grpc, context);
    },
  }),
);
server.add(
  router,
  implementation(router, commandRouter({ grpc, machines, images, onUnimplemented }), {
    ...counted,
    before(method) {
      count(method);
      faults.beforeRouterCall();
    },
  }),
);
address = `127.0.0.1:${await server.listen("127.0.0.1:0")}`;

async function close(): Promise<void> {
  await Promise.all([...machines.values()].map((machine) => machine.end(STATUS.terminated)));
  await images[Symbol.asyncDispose]();
  process.exit(0);
}

process.on("message", async (message) => {
  const question = questionSchema.parse(message);
  if (question.ask === "faults") faults.faults = question.faults;
  if (question.ask === "kill") await machines.get(question.id)?.container.kill();
  const sandboxes = [...machines.values()].filter(({ ended }) => !ended);
  const report: Report = {
    number: question.number,
    unimplemented,
    calls,
    refusedCreates: faults.refusedCreates,
    sandboxes: sandboxes.map(({ id, tags, timeoutSecs, network }) => ({ id, tags, timeoutSecs, network })),
  };
  process.send?.(report);
});
process.on("disconnect", () => void close());
process.on("SIGTERM", () => void close());
process.send?.({ url: `http://${address}` });
