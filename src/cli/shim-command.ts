import { fileURLToPath } from 'node:url';

/** The argv of the shim, which the build puts beside this program. */
export function shimCommand(): string[] {
  return [process.execPath, fileURLToPath(new URL('./shim.cjs', import.meta.url))];
}
