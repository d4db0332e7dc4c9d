/** Images of the stand-in: each layer is a build of the local Docker, known by a hash of its commands. */
import { createHash, randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import type { Container } from "dockerode";
import { pack } from "tar-stream";
import { z } from "zod";

const LABEL = "assay.modal-standin.image";

interface Build {
  /** What Docker calls it. */
  tag: string;
  /** Of the failure; undefined where it was built. */
  result: Promise<string | undefined>;
}

export class Images {
  readonly #docker: Docker;
  readonly #builds = new Map<string, Build>();
  readonly #committed = new Set<string>();

  constructor(docker: Docker) {
    this.#docker = docker;
  }

  /** Begins the build, unless there is one of the same commands; returns the image's id. */
  build(commands: readonly string[], baseId: string | undefined, isFailing: boolean): string {
    const base = baseId === undefined ? undefined : this.#builds.get(baseId);
    const hash = createHash("sha256")
      .update(JSON.stringify([commands, baseId, isFailing]))
      .digest("hex")
      .slice(0, 22);
    const id = `im-${hash}`;
    if (this.#builds.has(id)) return id;
    const tag = `assay-modal-standin/${hash}`;
    const lines = commands.map((line) => (line === "FROM base" && base ? `FROM ${base.tag}` : line));
    const result = isFailing ? Promise.resolve("the builder was told to fail") : this.#run(lines, tag).catch(String);
    this.#builds.set(id, { tag, result });
    return id;
  }

  async resultOf(id: string): Promise<string | undefined> {
    const build = this.#builds.get(id);
    return build ? build.result : `no image ${id}`;
  }

  tagOf(id: string): string | undefined {
    return this.#builds.get(id)?.tag;
  }

  /** Keeps what a container's files are now. */
  async commit(container: Container): Promise<string> {
    const hash = randomBytes(11).toString("hex");
    const tag = `assay-modal-standin/${hash}`;
    await container.commit({ repo: tag, changes: `LABEL ${LABEL}=1` });
    this.#builds.set(`im-${hash}`, { tag, result: Promise.resolve(undefined) });
    this.#committed.add(tag);
    return `im-${hash}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([...this.#committed].map((tag) => this.#docker.getImage(tag).remove()));
  }

  async #run(lines: readonly string[], tag: string): Promise<string | undefined> {
    const archive = pack();
    archive.entry({ name: "Dockerfile" }, `${lines.join("\n")}\n`);
    archive.finalize();
    const answer = await this.#docker.buildImage(Readable.from(archive), { t: tag, labels: { [LABEL]: "1" }, forcerm: true });
    const { promise, resolve, reject } = Promise.withResolvers<unknown[]>();
    this.#docker.modem.followProgress(answer, (error, all) => (error ? reject(error) : resolve(all)));
    const said = z.array(z.looseObject({ error: z.string().optional() })).parse(await promise);
    return said.find(({ error }) => error !== undefined)?.error;
  }
}
