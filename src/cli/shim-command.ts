import { fileURLToPath } from 'node:url';

/** It lives as long as its container and allocates little: a small nursery, and no threads for collecting. */
const SMALL = ['--max-semi-space-size=1', '--v8-pool-size=0'];

/** The argv of the shim, which the build puts beside this program. */
export function shimCommand(): string[] {
  return [process.execPath, ...SMALL, fileURLToPath(new URL('./shim.cjs', import.meta.url))];
}
