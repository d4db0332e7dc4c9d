/** All that Podman does otherwise than Docker behind the same API. Measured with Podman 4.3, rootful and rootless. */
import type Docker from "dockerode";
import type { ContainerCreateOptions } from "dockerode";
import { z } from "zod";
import type { EngineDifferences } from "./differences.ts";

/** What `podman info` and the API's own version of it tell, as far as it matters here. */
export const podmanInfoSchema = z.object({
  host: z.object({
    cgroupVersion: z.string().nullish(),
    cgroupControllers: z.array(z.string()).nullish(),
    networkBackend: z.string().nullish(),
    security: z.object({ rootless: z.boolean().nullish() }).nullish(),
  }),
  version: z.object({ Version: z.string() }),
});

export type PodmanInfo = z.output<typeof podmanInfoSchema>;

/** Every Podman from 4.0 on takes this version in a path. */
const INFO_PATH = "/v4.0.0/libpod/info";

/** Podman's own words on itself: the Docker-compatible answer claims limits that a rootless engine does not enforce. */
export async function podmanInfo(client: Docker): Promise<PodmanInfo> {
  const answer = await new Promise<unknown>((resolve, reject) => {
    client.modem.dial({ path: INFO_PATH, method: "GET", statusCodes: { 200: true, 404: "not Podman" } }, (error: unknown, info: unknown) =>
      error ? reject(error) : resolve(info),
    );
  });
  return podmanInfoSchema.parse(answer);
}

export function podmanMode({ host }: PodmanInfo): "rootful" | "rootless" {
  return host.security?.rootless === true ? "rootless" : "rootful";
}

/** The limits that this Podman takes and does not enforce. */
export function unenforcedLimits(info: PodmanInfo): string[] {
  if (podmanMode(info) === "rootful") return [];
  const controllers = new Set(info.host.cgroupControllers ?? []);
  return [
    ...(controllers.has("cpu") ? [] : ["cpus"]),
    ...(controllers.has("memory") ? [] : ["memoryMiB"]),
    ...(controllers.has("pids") ? [] : ["pids"]),
  ];
}

/** Why limits do not hold; undefined where they do. */
export function whyNotEnforced(info: PodmanInfo): string | undefined {
  const version = info.host.cgroupVersion ?? "";
  if (podmanMode(info) === "rootful") return undefined;
  return version === "v1" ? "rootless on cgroups v1" : `rootless, to which cgroups ${version} does not delegate them`;
}

export function podmanDifferences(client: Docker, info: PodmanInfo): EngineDifferences {
  const healthChecks = new Map<string, Promise<boolean>>();
  let defaults: Promise<Ulimit[]> | undefined;
  const withHealthcheck = async (options: ContainerCreateOptions): Promise<ContainerCreateOptions> => {
    const image = options.Image ?? "";
    const known = healthChecks.get(image) ?? hasHealthCheck(client, image);
    healthChecks.set(image, known);
    known.catch(() => healthChecks.delete(image));
    if (await known) return options;
    const { Healthcheck: _none, ...others } = options;
    return others;
  };
  return {
    program: "podman",
    imageNames,
    async adapt(options) {
      await makeVolumes(client, options);
      const adapted = await withHealthcheck(withFoldersInMemory(options));
      // A rootless engine takes ulimits and gives every container those of its own user.
      if (podmanMode(info) === "rootless") return adapted;
      defaults ??= defaultUlimits(client, options);
      defaults.catch(() => (defaults = undefined));
      return withUlimits(adapted, await defaults);
    },
    archivesFollowLinks: true,
    archivesReachMounts: true,
    archivesKeepOwners: false,
    whyNotEnforced: whyNotEnforced(info),
    hasOwnControlGroups: podmanMode(info) === "rootful" || info.host.cgroupVersion !== "v1",
    // The bridge of an internal network has no address of the host's with CNI; with netavark it has.
    closedNetworkOptions: {},
    whyNoClosedNetworks: info.host.networkBackend === "netavark" ? "its networks are netavark's" : undefined,
    startHint,
  };
}

/** A name without a registry means Docker Hub to the API, but what was built or loaded here is `localhost/NAME`. */
function imageNames(image: string): string[] {
  const first = image.split("/", 1)[0] ?? "";
  const hasRegistry = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return hasRegistry || image.startsWith("sha256:") ? [image] : [image, `localhost/${image}`];
}

/** Podman makes a container's volumes without their labels, by which `prune` finds what a crash left; so they are made before. */
async function makeVolumes(client: Docker, { HostConfig }: ContainerCreateOptions): Promise<void> {
  const volumes = (HostConfig?.Mounts ?? []).flatMap(({ Type, Source, VolumeOptions }) =>
    Type === "volume" && Source !== "" && VolumeOptions ? [{ Name: Source, Labels: VolumeOptions.Labels }] : [],
  );
  await Promise.all(volumes.map((volume) => client.createVolume(volume)));
}

/**
 * Podman ignores the driver's options of a container's volumes, and so the size of those in memory. Its own tmpfs, unlike
 * Docker's, is reached by the archive API; it is told not to begin with what the image has there, as such a volume does not.
 */
function withFoldersInMemory(options: ContainerCreateOptions): ContainerCreateOptions {
  const mounts = options.HostConfig?.Mounts ?? [];
  const inMemory = mounts.flatMap(({ Target, VolumeOptions }) => {
    const driver = tmpfsVolumeSchema.safeParse(VolumeOptions?.DriverConfig.Options);
    return driver.success ? [[Target, `${driver.data.o},notmpcopyup`] as const] : [];
  });
  if (inMemory.length === 0) return options;
  const folders = new Map(inMemory);
  const Mounts = mounts.filter(({ Target }) => !folders.has(Target));
  return { ...options, HostConfig: { ...options.HostConfig, Mounts, Tmpfs: Object.fromEntries(inMemory) } };
}

const tmpfsVolumeSchema = z.object({ type: z.literal("tmpfs"), o: z.string() });

/** Podman makes a timer of systemd even for the health check that is none, so none is named where the image has none. */
async function hasHealthCheck(client: Docker, image: string): Promise<boolean> {
  const { Config } = await client.getImage(image).inspect();
  return healthCheckSchema.parse(Config).Healthcheck != null;
}

const healthCheckSchema = z.object({ Healthcheck: z.unknown().optional() });

/**
 * A request that names any ulimit loses the defaults of containers.conf for all the others, and gets nofile and nproc of
 * 1,048,576 instead, which fails where Podman itself may not have so many. So the defaults are named, too, and always, since
 * those of containers.conf may be swapped.
 */
function withUlimits(options: ContainerCreateOptions, defaults: readonly Ulimit[]): ContainerCreateOptions {
  const asked = options.HostConfig?.Ulimits ?? [];
  const names = new Set(asked.map(({ Name }) => Name));
  const others = defaults.filter(({ Name }) => !names.has(Name));
  return { ...options, HostConfig: { ...options.HostConfig, Ulimits: [...asked, ...others] } };
}

/** What a container gets that asks for no ulimit: a container is created for it, not started, and removed. */
async function defaultUlimits(client: Docker, { Image: image, Labels: labels }: ContainerCreateOptions): Promise<Ulimit[]> {
  const container = await client.createContainer({
    ...(image !== undefined && { Image: image }),
    ...(labels && { Labels: labels }),
    Entrypoint: ["sh"],
    HostConfig: { NetworkMode: "none" },
  });
  try {
    const { HostConfig } = await container.inspect();
    return ulimitsSchema
      .parse(HostConfig.Ulimits ?? [])
      .map(({ Name, Soft, Hard }) => ({ Name: Name.replace(/^RLIMIT_/, "").toLowerCase(), ...inOrder(Soft, Hard) }));
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** Podman 4 swaps the soft and the hard one of a default, which no process can then be given. A negative number is no limit. */
function inOrder(one: number, other: number): { Soft: number; Hard: number } {
  const isLess = one >= 0 && (other < 0 || one <= other);
  return isLess ? { Soft: one, Hard: other } : { Soft: other, Hard: one };
}

type Ulimit = z.output<typeof ulimitsSchema>[number];
const ulimitsSchema = z.array(z.object({ Name: z.string(), Soft: z.number(), Hard: z.number() }));

/** What to do about the words of Podman, runc, slirp4netns and newuidmap. */
const HINTS: readonly [RegExp, string][] = [
  [
    /setting rlimits?/i,
    'Podman may not set the limits it wants: write default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"] under [containers] in containers.conf.',
  ],
  [/\/dev\/net\/tun/, "A rootless network needs /dev/net/tun: chmod 666 /dev/net/tun, or run rootful."],
  [/slirp4netns|pasta/, "A rootless network needs slirp4netns (or pasta): apt-get install slirp4netns."],
  [/catatonit|init binary/i, "Podman's init is missing: apt-get install catatonit."],
  [/newuidmap|newgidmap|subuid|subgid/, "Rootless Podman needs uidmap and a range for the user in /etc/subuid and /etc/subgid."],
];

function startHint(reason: string): string | undefined {
  return HINTS.find(([words]) => words.test(reason))?.[1];
}
