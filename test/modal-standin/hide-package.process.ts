/** Preloaded into a process that is to find no package `modal`. */
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === "modal") throw Object.assign(new Error("Cannot find package 'modal'"), { code: "ERR_MODULE_NOT_FOUND" });
    return nextResolve(specifier, context);
  },
});
