// koffi calls functions of shared libraries. The first caller loads it: most commands never do.
import { createRequire } from 'node:module';
import type * as Koffi from 'koffi';

export function loadKoffi(): typeof Koffi {
  const require = createRequire(import.meta.url);
  return require('koffi') as typeof Koffi;
}
