/** To how many behaviours of the contract each of the project's own backends is held, whatever its capabilities. */
export const LEAST_BEHAVIOURS = 60;
