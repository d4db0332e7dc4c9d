import type { ContainerCreateOptions } from "dockerode";
import { describe, expect, it } from "vitest";
import {
  podmanDifferences,
  podmanInfoSchema,
  unenforcedLimits,
  whyNotEnforced,
} from "../../../../sandboxes/container/engine/podman-differences.ts";
import { stubEngine, type StubAnswer, type StubRequest } from "../stub-engine.ts";

interface Ulimit {
  Name: string;
  Soft: number;
  Hard: number;
}

const infoOf = (mode: "rootful" | "rootless", cgroupVersion: string, cgroupControllers: string[]) =>
  podmanInfoSchema.parse({
    host: { cgroupVersion, cgroupControllers, security: { rootless: mode === "rootless" } },
    version: { Version: "4.3.1" },
  });
const ROOTFUL = infoOf("rootful", "v1", []);
const ROOTLESS = infoOf("rootless", "v1", []);

/** A Podman that gives a container which asks for no ulimit these; an image named "checked" has a health check. */
const withDefaults =
  (ulimits: readonly Ulimit[]) =>
  ({ method, path }: StubRequest): StubAnswer => {
    if (path.startsWith("/containers/create")) return { status: 201, body: { Id: "asked" } };
    if (path === "/containers/asked/json") return { body: { HostConfig: { Ulimits: ulimits } } };
    if (path === "/images/checked/json") return { body: { Config: { Healthcheck: { Test: ["CMD", "true"] } } } };
    if (path.startsWith("/images/")) return { body: { Config: {} } };
    if (path.startsWith("/volumes/create")) return { status: 201, body: {} };
    return { status: method === "DELETE" ? 204 : 404 };
  };

async function adapted(options: ContainerCreateOptions, ulimits: readonly Ulimit[] = [], info = ROOTFUL) {
  await using stub = await stubEngine(withDefaults(ulimits));
  return { options: await podmanDifferences(stub.docker, info).adapt({ Image: "plain", ...options }), requests: stub.requests };
}

describe("what Podman is asked for", () => {
  const core: Ulimit = { Name: "core", Soft: 0, Hard: 0 };

  it.each([
    ["as they are", { Soft: 1024, Hard: 4096 }, { Soft: 1024, Hard: 4096 }],
    ["with soft and hard swapped", { Soft: 4096, Hard: 1024 }, { Soft: 1024, Hard: 4096 }],
    ["with the same soft and hard", { Soft: 4096, Hard: 4096 }, { Soft: 4096, Hard: 4096 }],
    ["without a hard limit", { Soft: 1024, Hard: -1 }, { Soft: 1024, Hard: -1 }],
    ["without a hard limit, swapped", { Soft: -1, Hard: 1024 }, { Soft: 1024, Hard: -1 }],
  ])("names the default ulimits beside its own, each with a soft limit that the hard one allows: %s", async (_name, told, named) => {
    const { options } = await adapted({ HostConfig: { Ulimits: [core] } }, [{ Name: "RLIMIT_NOFILE", ...told }]);
    expect(options.HostConfig?.Ulimits).toEqual([core, { Name: "nofile", ...named }]);
  });

  it("is no default in the place of what a spec says", async () => {
    const own = { Name: "nofile", Soft: 64, Hard: 64 };
    const defaults = [
      { Name: "RLIMIT_NOFILE", Soft: 1024, Hard: 1024 },
      { Name: "RLIMIT_NPROC", Soft: 99, Hard: 99 },
    ];
    const { options } = await adapted({ HostConfig: { Ulimits: [own] } }, defaults);
    expect(options.HostConfig?.Ulimits).toEqual([own, { Name: "nproc", Soft: 99, Hard: 99 }]);
  });

  it("is asked for the defaults once, by a container that is never started and goes", async () => {
    await using stub = await stubEngine(withDefaults([]));
    const differences = podmanDifferences(stub.docker, ROOTFUL);
    await Promise.all([differences.adapt({ Image: "plain" }), differences.adapt({ Image: "plain" })]);
    const said = stub.requests.map(({ method, path }) => `${method} ${path.split("?")[0]}`).filter((line) => line.includes("containers"));
    expect(said).toEqual(["POST /containers/create", "GET /containers/asked/json", "DELETE /containers/asked"]);
  });

  it("has no defaults in a rootless one, which gives every container those of its user", async () => {
    const { options, requests } = await adapted({ HostConfig: { Ulimits: [core] } }, [], ROOTLESS);
    expect(options.HostConfig?.Ulimits).toEqual([core]);
    expect(requests.filter(({ path }) => path.startsWith("/containers"))).toEqual([]);
  });

  it.each([
    ["none where the image has none, since even that makes a timer", "plain", undefined],
    ["none where the image has one", "checked", { Test: ["NONE"] }],
  ])("is a health check of %s", async (_name, Image, expected) => {
    const { options } = await adapted({ Image, Healthcheck: { Test: ["NONE"] } });
    expect(options.Healthcheck).toEqual(expected);
  });

  it("are volumes made before, with their labels, and folders in memory of its own kind", async () => {
    const labelled = { Name: "local", Options: {} };
    const inMemory = { Name: "local", Options: { type: "tmpfs", device: "tmpfs", o: "size=8m,mode=1777" } };
    const volume = (Source: string, Target: string, DriverConfig: typeof inMemory | typeof labelled) => ({
      Type: "volume" as const,
      Source,
      Target,
      VolumeOptions: { NoCopy: true, Labels: { "assay.run": "1" }, DriverConfig },
    });
    const files = volume("files", "/files", labelled);
    const { options, requests } = await adapted({ HostConfig: { Mounts: [files, volume("", "/cache", inMemory)] } });
    expect(options.HostConfig).toMatchObject({ Mounts: [files], Tmpfs: { "/cache": "size=8m,mode=1777,notmpcopyup" } });
    expect(requests.filter(({ path }) => path.startsWith("/volumes/create")).map(({ body }) => body)).toEqual([
      { Name: "files", Labels: { "assay.run": "1" } },
    ]);
  });
});

describe("what Podman says", () => {
  it.each([
    ["OCI runtime error: error setting rlimits for ready process: operation not permitted", "default_ulimits"],
    ["error setting rlimit type 7: operation not permitted", "default_ulimits"],
    ["slirp4netns failed: open /dev/net/tun: permission denied", "chmod 666 /dev/net/tun"],
    ['could not find slirp4netns: exec: "slirp4netns": executable file not found in $PATH', "apt-get install slirp4netns"],
    ["could not find pasta, the network namespace can't be configured", "apt-get install slirp4netns"],
    ["lookup init binary: could not find catatonit in $PATH", "apt-get install catatonit"],
    ["container-init binary not found on the host", "apt-get install catatonit"],
    ["command required for rootless mode with multiple IDs: exec: newuidmap: not found", "/etc/subuid"],
    ["potentially insufficient UIDs or GIDs available in user namespace: check /etc/subuid and /etc/subgid", "/etc/subuid"],
    ["no such image", undefined],
  ])("is answered with what to do: %s", async (said, todo) => {
    await using stub = await stubEngine(() => ({ status: 404 }));
    const hint = podmanDifferences(stub.docker, ROOTFUL).startHint(said);
    if (todo === undefined) expect(hint).toBeUndefined();
    else expect(hint).toContain(todo);
  });

  it.each([
    ["rootful, whatever its controllers", ROOTFUL, [], undefined, true],
    ["rootless on v1", ROOTLESS, ["cpus", "memoryMiB", "pids"], "rootless on cgroups v1", false],
    [
      "rootless on v2, with a part delegated",
      infoOf("rootless", "v2", ["memory", "pids"]),
      ["cpus"],
      "rootless, to which cgroups v2 does not delegate them",
      true,
    ],
  ])("of its limits is told: %s", async (_name, info, limits, why, hasOwnControlGroups) => {
    await using stub = await stubEngine(() => ({ status: 404 }));
    expect(unenforcedLimits(info)).toEqual(limits);
    if (limits.length > 0) expect(whyNotEnforced(info)).toBe(why);
    expect(podmanDifferences(stub.docker, info)).toMatchObject({ hasOwnControlGroups });
  });

  it.each([
    ["cni", undefined],
    ["netavark", "its networks are netavark's"],
  ])("keeps the host off an internal network, or why not: %s", async (networkBackend, why) => {
    await using stub = await stubEngine(() => ({ status: 404 }));
    const info = { ...ROOTFUL, host: { ...ROOTFUL.host, networkBackend } };
    expect(podmanDifferences(stub.docker, info).whyNoClosedNetworks).toBe(why);
  });

  it.each([
    ["basic:1", ["basic:1", "localhost/basic:1"]],
    ["assay/basic:1", ["assay/basic:1", "localhost/assay/basic:1"]],
    ["registry.example/basic:1", ["registry.example/basic:1"]],
    ["localhost/basic:1", ["localhost/basic:1"]],
    ["localhost:5000/basic", ["localhost:5000/basic"]],
    ["sha256:0123", ["sha256:0123"]],
  ])("an image is looked up by Docker's name first, and then by its own: %s", async (image, names) => {
    await using stub = await stubEngine(() => ({ status: 404 }));
    expect(podmanDifferences(stub.docker, ROOTFUL).imageNames(image)).toEqual(names);
  });
});
