/** What of modal.client.ModalClient the backend needs. */
import type Docker from "dockerode";
import { z } from "zod";
import type { GrpcLibrary } from "./definitions.ts";
import type { FaultInjector } from "./faults.ts";
import type { Images } from "./images.ts";
import { Machine, STATUS } from "./machines.ts";
import type { Network } from "./protocol.ts";
import { answering, CODE, type CallContext, type Handler } from "./service.ts";

export const TOKEN = { id: "ak-standin", secret: "as-standin" } as const;

export interface ControlOptions {
  docker: Docker;
  images: Images;
  grpc: GrpcLibrary;
  faults: FaultInjector;
  machines: Map<string, Machine>;
  /** Of the command router. */
  routerUrl: () => string;
  /** Whose containers these are. */
  owner: string;
}

const LOOK_MS = 100;
const TOKEN_SECONDS = 3600;

const tagsSchema = z.array(z.object({ tagName: z.string(), tagValue: z.string() }));
const sandboxIdSchema = z.object({ sandboxId: z.string() });
const createSchema = z.object({
  tags: tagsSchema,
  secretSources: z.array(z.object({ env: z.object({ contents: z.record(z.string(), z.string()) }).optional() })),
  definition: z.object({
    entrypointArgs: z.array(z.string()),
    imageId: z.string(),
    timeoutSecs: z.number(),
    idleTimeoutSecs: z.undefined(),
    networkAccess: z.object({ networkAccessType: z.number(), allowedCidrs: z.array(z.string()), allowedDomains: z.array(z.string()) }),
    resources: z.object({ milliCpuMax: z.number().optional(), memoryMbMax: z.number().optional() }),
  }),
});

/** Throws where the caller's token is not the right one. */
export function checkToken(grpc: GrpcLibrary, { metadata }: CallContext): void {
  if (metadata.get("x-modal-token-id") === TOKEN.id && metadata.get("x-modal-token-secret") === TOKEN.secret) return;
  throw new grpc.ServerError(CODE.unauthenticated, "Token validation failed");
}

/** An unsigned token of which only the end is read. */
function webToken(): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ exp: Math.floor(Date.now() / 1000) + TOKEN_SECONDS })}.standin`;
}

export function controlPlane({ docker, images, grpc, faults, machines, routerUrl, owner }: ControlOptions): Record<string, Handler> {
  const apps = new Map<string, string>();
  const machineOf = (id: string): Machine => {
    const machine = machines.get(id);
    if (machine) return machine;
    throw new grpc.ServerError(CODE.notFound, `Sandbox ${id} not found`);
  };
  const resultOf = async (imageId: string) => {
    const exception = await images.resultOf(imageId);
    return exception === undefined ? { status: STATUS.success } : { status: STATUS.failure, exception };
  };
  const access = () => ({ url: routerUrl(), jwt: webToken() });

  return {
    authTokenGet: () => ({ token: webToken() }),
    appGetOrCreate: answering(z.object({ appName: z.string(), objectCreationType: z.number() }), ({ appName, objectCreationType }) => {
      if (!apps.has(appName) && objectCreationType === 0) throw new grpc.ServerError(CODE.notFound, `App ${appName} not found`);
      apps.set(appName, apps.get(appName) ?? `ap-${apps.size + 1}`);
      return { appId: apps.get(appName) };
    }),
    environmentGetOrCreate: () => ({ environmentId: "en-1", metadata: { name: "main", settings: { imageBuilderVersion: "2025.06" } } }),
    imageGetOrCreate: answering(
      z.object({ image: z.object({ dockerfileCommands: z.array(z.string()), baseImages: z.array(z.object({ imageId: z.string() })) }) }),
      ({ image }) => {
        const isFailing = faults.faults.failedBuilds > 0;
        if (isFailing) faults.faults.failedBuilds -= 1;
        return { imageId: images.build(image.dockerfileCommands, image.baseImages[0]?.imageId, isFailing) };
      },
    ),
    imageJoinStreaming: answering(z.object({ imageId: z.string() }), async function* ({ imageId }) {
      yield { entryId: "1-0" };
      yield { entryId: "2-0", result: await resultOf(imageId) };
    }),
    imageFromId: answering(z.object({ imageId: z.string() }), ({ imageId }) => {
      if (images.tagOf(imageId) === undefined) throw new grpc.ServerError(CODE.notFound, `no image ${imageId}`);
      return { imageId };
    }),
    sandboxCreateV2: answering(createSchema, async ({ definition, tags, secretSources }, context) => {
      faults.beforeCreate(context);
      const image = images.tagOf(definition.imageId);
      if (image === undefined) throw new grpc.ServerError(CODE.invalid, `no image ${definition.imageId}`);
      const machine = await Machine.start(docker, owner, {
        image,
        command: definition.entrypointArgs,
        timeoutSecs: definition.timeoutSecs,
        env: Object.assign({}, ...secretSources.map(({ env }) => env?.contents ?? {})),
        tags: Object.fromEntries(tags.map(({ tagName, tagValue }) => [tagName, tagValue])),
        network: networkOf(definition.networkAccess),
        milliCpuMax: definition.resources.milliCpuMax,
        memoryMbMax: definition.resources.memoryMbMax,
      });
      machines.set(machine.id, machine);
      await new Promise((resolve) => setTimeout(resolve, faults.faults.createDelayMs));
      return { sandboxId: machine.id, taskId: machine.taskId, commandRouterAccess: access() };
    }),
    sandboxWaitV2: answering(sandboxIdSchema.extend({ timeout: z.number() }), async ({ sandboxId, timeout }, { signal }) => {
      const machine = machineOf(sandboxId);
      for (const until = Date.now() + timeout * 1000; !signal.aborted;) {
        await machine.look();
        if (machine.ended || Date.now() >= until) break;
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
      return { result: machine.ended };
    }),
    sandboxTerminateV2: answering(sandboxIdSchema, async ({ sandboxId }) => {
      const machine = machineOf(sandboxId);
      const existingResult = machine.ended;
      await machine.end(STATUS.terminated);
      return { existingResult };
    }),
    sandboxTagsGetV2: answering(sandboxIdSchema, ({ sandboxId }) => ({ tags: tagsOf(machineOf(sandboxId)) })),
    sandboxListV2: answering(z.object({ tags: tagsSchema, beforeTimestamp: z.number() }), ({ tags, beforeTimestamp }) => ({
      sandboxes: [...machines.values()]
        .filter(({ ended, createdAt }) => !ended && (beforeTimestamp === 0 || createdAt < beforeTimestamp))
        .filter((machine) => tags.every(({ tagName, tagValue }) => machine.tags[tagName] === tagValue))
        .toSorted((a, b) => b.createdAt - a.createdAt)
        .map(({ id, createdAt }) => ({ id, createdAt })),
    })),
    sandboxGetTaskIdV2: answering(sandboxIdSchema, ({ sandboxId }) => ({ taskId: machineOf(sandboxId).taskId })),
    sandboxGetCommandRouterAccess: answering(sandboxIdSchema, ({ sandboxId }) => (machineOf(sandboxId), access())),
  };
}

/** By the names of modal.client.NetworkAccess.NetworkAccessType. */
function networkOf(access: z.output<typeof createSchema>["definition"]["networkAccess"]): Network {
  const { networkAccessType, allowedCidrs, allowedDomains } = access;
  if (networkAccessType === 2) return "blocked";
  return networkAccessType === 3 ? { allowedCidrs, allowedDomains } : "open";
}

function tagsOf({ tags }: Machine): { tagName: string; tagValue: string }[] {
  return Object.entries(tags).map(([tagName, tagValue]) => ({ tagName, tagValue }));
}
