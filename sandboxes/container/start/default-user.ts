/** Who runs commands where a spec names nobody. */

/** Of nobody in particular, and the same in every image. */
export const DEFAULT_USER = "1000:1000";
export const DEFAULT_HOME = "/home/agent";
