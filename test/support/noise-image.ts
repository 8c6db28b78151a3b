// An image that can run, of layers that compress to nothing less: a pull of it takes a while.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { linuxHost } from '../../src/host/linux-host.js';
import { buildLayer } from './build-image.js';

/** Uncompressed tars of about so many megabytes each; the first has busybox. */
export function noiseLayers(count: number, megabytes: number): Buffer[] {
  const host = linuxHost();
  const busybox = readFileSync(host.realPath(host.findProgram('busybox') ?? ''));
  const program = [
    { path: 'bin/', type: 'directory' as const },
    { path: 'bin/busybox', content: busybox, mode: 0o755 },
    ...['sh', 'true', 'cat'].map((name) => ({ path: `bin/${name}`, linkTarget: 'busybox' })),
  ];
  const noise = (layer: number) =>
    Array.from({ length: 10 }, (_, file) => ({
      path: `data/${layer}/${file}`,
      content: randomBytes(megabytes * 100_000),
    }));
  return Array.from({ length: count }, (_, layer) =>
    buildLayer([...(layer === 0 ? program : []), ...noise(layer)]),
  );
}
