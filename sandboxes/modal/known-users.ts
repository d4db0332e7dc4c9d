/** The users of one sandbox, and how its image changes to them. */
import { AssayError } from "../../src/index.ts";
import type { Machine } from "./machine.ts";
import { runPlain } from "./plain-run.ts";
import { MAKE_STAGE } from "./staged.ts";
import { ADD_USER, addUserArguments, asUser, PRINT_USERS, resolveUser, type Identity, type Switch } from "./users.ts";
import { ownScript } from "../container/system-shell.ts";

export interface Users {
  /** Undefined where there is no such user. */
  find(user: string): Promise<Identity | undefined>;
  /** `uid:gid` of a user who exists. */
  numbers(user: string): Promise<string>;
  /** The program that becomes `argv` as this user, who exists. */
  as(user: string, argv: readonly string[]): Promise<readonly string[]>;
}

export interface UsersOptions {
  how: Switch;
  /** Whether root keeps its rights: the spec's `capabilities`. */
  keepsRights: boolean;
}

const LOOK_MS = 30_000;

export function knownUsers(machine: Machine, { how, keepsRights }: UsersOptions): Users {
  const known = new Map<string, Promise<Identity | undefined>>();
  const look = async (user: string): Promise<Identity | undefined> => {
    const { stdout } = await runPlain(machine, { argv: ownScript(`${MAKE_STAGE}; ${PRINT_USERS}`), timeoutMs: LOOK_MS });
    const identity = resolveUser(user, Buffer.from(stdout).toString());
    if (identity && identity.name === undefined && how === "su" && identity.uid !== 0) {
      await runPlain(machine, { argv: ownScript(ADD_USER, addUserArguments(identity)), timeoutMs: LOOK_MS });
    }
    return identity;
  };
  const find = async (user: string): Promise<Identity | undefined> => {
    const found = known.get(user) ?? look(user);
    known.set(user, found);
    try {
      const identity = await found;
      // One who is not there may be made later.
      if (!identity) known.delete(user);
      return identity;
    } catch (error) {
      known.delete(user);
      throw error;
    }
  };
  const existing = async (user: string): Promise<Identity> => {
    const identity = await find(user);
    if (!identity) throw new AssayError("sandbox/failed", `There is no user ${user} in the sandbox.`);
    return identity;
  };
  return {
    find,
    async numbers(user) {
      const { uid, gid } = await existing(user);
      return `${uid}:${gid}`;
    },
    as: async (user, argv) => asUser(how, await existing(user), argv, keepsRights),
  };
}
