/** Where the services of scripts/start-podman.sh listen. The rootless one belongs to a user of its own, since tests may run as root. */
import { execFileSync } from "node:child_process";

export const HOW_TO_START = "scripts/start-podman.sh";

export const ROOTFUL_ADDRESS = "unix:///run/podman/podman.sock";
export const ROOTLESS_ADDRESS = `unix:///run/user/${uidOf(process.env["ASSAY_PODMAN_USER"] ?? "assay-podman")}/podman/podman.sock`;

/** A user that is not there has no socket either, which is what the tests then say. */
function uidOf(user: string): string {
  try {
    return execFileSync("id", ["-u", user], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "none";
  }
}
