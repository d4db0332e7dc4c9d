/** In what an engine departs from Docker behind the same API: the shared parts ask here, and only an engine's own file knows why. */
import type { ContainerCreateOptions } from "dockerode";

export interface EngineDifferences {
  /** What a person types: `podman run …`. */
  readonly program: string;
  /** The names that an image may have here, in the order to look them up. */
  imageNames(image: string): readonly string[];
  /** What this engine has to be asked for to get what the options say. */
  adapt(options: ContainerCreateOptions): Promise<ContainerCreateOptions>;
  /** Whether a download of a symbolic link gives what it points to, not the link. */
  readonly archivesFollowLinks: boolean;
  /** Whether archives get into the mounts of a running container whatever they are, also below a root that is read-only. */
  readonly archivesReachMounts: boolean;
  /** Whether a download says whose the files are; where not, all are told as root's. */
  readonly archivesKeepOwners: boolean;
  /** Why limits do not hold here whatever is asked for; undefined where nothing stands against them. */
  readonly whyNotEnforced: string | undefined;
  /** Whether each container has a control group of its own; without one, what is counted there is the whole machine's. */
  readonly hasOwnControlGroups: boolean;
  /** What keeps the host off a network that is internal already. */
  readonly closedNetworkOptions: Readonly<Record<string, string>>;
  /** Why nothing keeps it off; undefined where the options do. */
  readonly whyNoClosedNetworks: string | undefined;
  /** What to do about a container that could not be started, by the engine's own words. */
  startHint(reason: string): string | undefined;
}

/** Docker's own: none. */
export const NO_DIFFERENCES: EngineDifferences = {
  program: "docker",
  imageNames: (image) => [image],
  adapt: (options) => Promise.resolve(options),
  archivesFollowLinks: false,
  archivesReachMounts: false,
  archivesKeepOwners: true,
  whyNotEnforced: undefined,
  hasOwnControlGroups: true,
  // An internal network still leads to whatever listens on the host, by the address that its bridge has there.
  closedNetworkOptions: { "com.docker.network.bridge.inhibit_ipv4": "true" },
  whyNoClosedNetworks: undefined,
  startHint: () => undefined,
};
