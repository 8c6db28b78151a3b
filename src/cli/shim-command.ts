import { fileURLToPath } from 'node:url';

/** The argv of the shim: dist/shim.js, beside the program; this code is in dist/ or dist/chunks/. */
export function shimCommand(): string[] {
  const place = import.meta.url.includes('/chunks/') ? '../shim.js' : './shim.js';
  return [process.execPath, fileURLToPath(new URL(place, import.meta.url))];
}
