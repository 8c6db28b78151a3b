import type { SpecInput } from '../../../src/runtime/spec/make-runtime-config.js';
import { hostPlatform } from '../../../src/oci/platform.js';

export const ARCHITECTURE = hostPlatform(process.arch).architecture;

/** What `docker run --network none IMAGE sleep 100` amounts to. */
export function sampleInput(changes: Partial<SpecInput> = {}): SpecInput {
  return {
    hostname: 'sample',
    rootfs: 'rootfs',
    readOnlyRoot: false,
    args: ['sleep', '100'],
    env: ['PATH=/bin'],
    cwd: '',
    user: { uid: 0, gid: 0, additionalGids: [0] },
    terminal: false,
    network: { mode: 'none' },
    cgroupsPath: '/cutaway/sample',
    cgroupNamespace: false,
    binds: [],
    architecture: ARCHITECTURE,
    ...changes,
  };
}
