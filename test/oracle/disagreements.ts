// Layers that tools read differently, and what each shows of them.
import type { LayerItem } from '../support/build-image.js';

type Shown = readonly string[] | 'refused';

interface Disagreement {
  /** Base first. */
  readonly layers: readonly (readonly LayerItem[])[];
  /** Whether the root is in the lists, as an empty path. */
  readonly root?: boolean;
  /** "path mode uid". */
  readonly cutaway: Shown;
  /** In our merged tree, with a problem, and not unpacked. */
  readonly notUnpacked?: readonly string[];
  /** Where they show something else. */
  readonly umoci?: Shown;
  readonly docker?: Shown;
  readonly podman?: Shown;
}

const OLD: readonly LayerItem[] = [{ path: './' }, { path: 'd/' }, { path: 'd/old' }];

export const CASES: Readonly<Record<string, Disagreement>> = {
  'a whiteout of a directory, then the directory': {
    layers: [OLD, [{ path: '.wh.d' }, { path: 'd/' }, { path: 'd/new' }]],
    cutaway: ['d 755 0', 'd/new 644 0'],
    docker: ['d 755 0', 'd/new 644 0', 'd/old 644 0'],
    podman: ['d 755 0', 'd/new 644 0', 'd/old 644 0'],
  },
  'a directory, then a whiteout of it': {
    layers: [OLD, [{ path: 'd/' }, { path: 'd/new' }, { path: '.wh.d' }]],
    cutaway: ['d 755 0', 'd/new 644 0'],
    docker: 'refused',
    podman: 'refused',
  },
  'a file, then a whiteout of it': {
    layers: [OLD, [{ path: 'd/' }, { path: 'd/old', mode: 0o600 }, { path: 'd/.wh.old' }]],
    cutaway: ['d 755 0', 'd/old 600 0'],
    docker: 'refused',
    podman: 'refused',
  },
  'an opaque marker before its directory': {
    layers: [OLD, [{ path: 'd/.wh..wh..opq' }, { path: 'd/' }, { path: 'd/new' }]],
    cutaway: ['d 755 0', 'd/new 644 0'],
  },
  'an opaque root': {
    layers: [OLD, [{ path: '.wh..wh..opq' }, { path: 'new' }]],
    cutaway: ['d 755 0', 'd/old 644 0', 'new 644 0'],
    umoci: ['new 644 0'],
  },
  'a directory that is only implied': {
    layers: [
      [{ path: './' }, { path: 'd/', mode: 0o700, uid: 7 }],
      [{ path: './' }, { path: 'd/new' }],
    ],
    cutaway: ['d 700 7', 'd/new 644 0'],
    docker: ['d 755 0', 'd/new 644 0'],
    podman: ['d 755 0', 'd/new 644 0'],
  },
  'a mode of the root': {
    layers: [[{ path: './', mode: 0o711, uid: 7 }, { path: 'f' }]],
    root: true,
    cutaway: [' 711 7', 'f 644 0'],
    docker: [' 755 0', 'f 644 0'],
    podman: [' 555 0', 'f 644 0'],
  },
  'a second name with another mode': {
    layers: [
      [
        { path: './' },
        { path: 'f' },
        { path: 'g', type: 'link', linkTarget: 'f', mode: 0o600, uid: 7 },
      ],
    ],
    cutaway: ['f 644 0', 'g 644 0'],
    docker: ['f 600 7', 'g 600 7'],
    podman: ['f 600 7', 'g 600 7'],
  },
  'a second name of a file of a lower layer': {
    layers: [OLD, [{ path: './' }, { path: 'g', type: 'link', linkTarget: 'd/old' }]],
    cutaway: ['d 755 0', 'd/old 644 0'],
    notUnpacked: ['g 644 0'],
    umoci: ['d 755 0', 'd/old 644 0', 'g 644 0'],
    docker: 'refused',
    podman: 'refused',
  },
};
