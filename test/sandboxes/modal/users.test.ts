import { expect, it } from "vitest";
import { asUser, resolveUser } from "../../../sandboxes/modal/users.ts";

const FILES = `root:x:0:0:root:/root:/bin/sh
node:x:1000:1000::/home/node:/bin/sh


root:x:0:
node:x:1000:
staff:x:50:node`;

it.each([
  ["root", { uid: 0, gid: 0, home: "/root", name: "root" }],
  ["0", { uid: 0, gid: 0, home: "/root", name: "root" }],
  ["node", { uid: 1000, gid: 1000, home: "/home/node", name: "node" }],
  ["1000:1000", { uid: 1000, gid: 1000, home: "/home/node", name: "node" }],
  ["node:staff", { uid: 1000, gid: 50, home: "/home/node", name: undefined }],
  ["1234:4321", { uid: 1234, gid: 4321, home: "/", name: undefined }],
  ["4242", { uid: 4242, gid: 0, home: "/", name: undefined }],
  ["nobody-here", undefined],
  ["node:no-such-group", undefined],
])("reads the user %s as the engines do", (user, identity) => {
  expect(resolveUser(user, FILES)).toEqual(identity);
});

it("gives up root's rights for good with setpriv, unless the spec keeps them", () => {
  const agent = { uid: 1000, gid: 1000, home: "/", name: undefined };
  expect(asUser("setpriv", agent, ["true"], false).slice(5)).toEqual(
    "setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all -- true".split(" "),
  );
  expect(asUser("setpriv", agent, ["true"], true)).not.toContain("--bounding-set=-all");
});

it("keeps the environment with su, which needs a name", () => {
  const agent = { uid: 1000, gid: 1000, home: "/", name: undefined };
  const argv = asUser("su", agent, ["printf", "a b"], false).slice(5);
  expect(argv).toEqual(["su", "-m", "-s", "/bin/sh", "-c", 'exec "$@"', "assay-1000-1000", "--", "sh", "printf", "a b"]);
});
