#!/usr/bin/env node
// Plain JavaScript on purpose: an older Node.js must be able to read it and say what to do.
import { existsSync } from "node:fs";
import module from "node:module";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `assay: needs Node.js 24 or newer, and this is ${process.versions.node}. Install a newer one, or run it through npx inside a checkout (npm ci brings Node.js 24 along).`,
  );
  process.exit(2);
}

// Compiled code, and sources without their types, are kept for the next start, which then takes half the time.
const { HOME, XDG_CACHE_HOME } = process.env;
const cache = XDG_CACHE_HOME || (HOME && `${HOME}/.cache`);
if (cache) module.enableCompileCache(`${cache}/assay/compiled`);

const source = new URL("../src/cli/main.ts", import.meta.url);
const { main } = await import(existsSync(source) ? source.href : new URL("../dist/src/cli/main.js", import.meta.url).href);
await main(process.argv.slice(2));
