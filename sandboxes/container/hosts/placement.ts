/** Where a sandbox goes: to the host that has the most room for it. */

/** Of a host, or of what a sandbox asks for. */
export interface Resources {
  cpus: number;
  memoryMiB: number;
}

export interface Room {
  /** What the host has. */
  total: Resources;
  /** What our living sandboxes on it ask for. */
  promised: Resources;
}

/** How many more sandboxes like this fit; below 0 where more was promised than there is. */
export function roomFor(wanted: Resources, { total, promised }: Room): number {
  return Math.min((total.cpus - promised.cpus) / wanted.cpus, (total.memoryMiB - promised.memoryMiB) / wanted.memoryMiB);
}

/** The one with the most room, the first of several; undefined of none. A full host takes one too: trials at once are the run's to bound. */
export function roomiest<T extends Room>(hosts: readonly T[], wanted: Resources): T | undefined {
  return hosts.reduce<T | undefined>((best, host) => (best && roomFor(wanted, best) >= roomFor(wanted, host) ? best : host), undefined);
}
