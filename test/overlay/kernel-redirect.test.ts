// Renamed directories and files without content, written by hand: the kernel says what is right.
import * as fs from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { mergeLayers } from '../../src/overlay/merge.js';
import { planOverlayMount } from '../../src/overlay/mount.js';
import type { MergedTree } from '../../src/overlay/merged-tree.js';
import { openBench, whyNoOverlay } from './oracle/bench.js';
import { compareTree } from './oracle/compare.js';
import { makeByHand } from './oracle/hand-made.js';
import { indexStack } from './oracle/random-stack.js';
import { REFUSED, takeSnapshot } from './oracle/snapshot.js';

interface Case {
  /** Base first. */
  readonly layers: readonly (readonly string[])[];
  /** Files of the tree and what is in them; "?" where the kernel refuses the path. */
  readonly shows: Readonly<Record<string, string>>;
  /** "code path" of each. */
  readonly problems?: readonly string[];
  /**
   * With an upperdir one directory below may not stand at two places: the second to be looked up is
   * ESTALE, whichever that is.
   */
  readonly stale?: readonly string[];
}

const LONG = Array.from({ length: 9 }, (_, at) => [`d d${at + 1} =d${at}`, `w d${at}`]);

const CASES: Readonly<Record<string, Case>> = {
  'a name in the same directory': {
    layers: [
      ['d a', 'f a/x base'],
      ['d b =a', 'w a', 'f b/y more'],
    ],
    shows: { '/b/x': 'base', '/b/y': 'more' },
  },
  'from another directory': {
    layers: [
      ['d a', 'd a/b', 'f a/b/x base'],
      ['d c =/a/b', 'd a', 'w a/b'],
    ],
    shows: { '/c/x': 'base' },
  },
  'over several layers': {
    layers: [['d d0', 'f d0/x base'], ...LONG],
    shows: { '/d9/x': 'base' },
  },
  'renamed twice, by name and by path': {
    layers: [
      ['d a', 'd a/b', 'f a/b/x base'],
      ['d a', 'd a/c =b', 'w a/b', 'f a/c/y one'],
      ['d e =/a/c', 'd a', 'w a/c'],
      ['d f =e', 'w e'],
    ],
    shows: { '/f/x': 'base', '/f/y': 'one' },
  },
  'through a directory that was renamed below': {
    layers: [
      ['d old', 'd old/in', 'f old/in/x base'],
      ['d new =old', 'w old'],
      ['d out =/new/in', 'd new', 'w new/in'],
    ],
    shows: { '/out/x': 'base' },
  },
  'through two, one of them with a path': {
    layers: [
      ['d p', 'd p/q', 'd p/q/r', 'f p/q/r/x base'],
      ['d s =/p/q', 'd p', 'w p/q'],
      ['d s', 'd s/t =r', 'w s/r'],
      ['d u =/s/t', 'd s', 'w s/t'],
    ],
    shows: { '/u/x': 'base' },
  },
  'the new place of what was there before': {
    layers: [
      ['d a', 'f a/x a', 'd b', 'f b/x b'],
      ['d a =b', 'd b =a'],
    ],
    shows: { '/a/x': 'b', '/b/x': 'a' },
  },
  'a whiteout in between': {
    layers: [['d a', 'f a/x base'], ['w a'], ['d b =a', 'f b/y top']],
    shows: { '/b/y': 'top' },
    problems: ['overlay-redirect /b'],
  },
  'a whiteout of a directory on the way': {
    layers: [['d a', 'd a/b', 'f a/b/x base'], ['w a'], ['d c =/a/b']],
    shows: {},
    problems: ['overlay-redirect /c'],
  },
  'an opaque directory in between': {
    layers: [['d a', 'f a/x base'], ['o a', 'f a/y one'], ['d b =a']],
    stale: ['/b'],
    shows: { '/a/y': 'one', '/b/y': 'one' },
  },
  'an opaque directory on the way': {
    layers: [['d a', 'd a/b', 'f a/b/x base'], ['o a', 'd a/b', 'f a/b/y one'], ['d c =/a/b']],
    stale: ['/c'],
    shows: { '/a/b/y': 'one', '/c/y': 'one' },
  },
  'out of an opaque directory by a path': {
    layers: [['d z', 'f z/x base'], ['o a', 'd a/b =/z'], ['d c =/a/b']],
    stale: ['/c'],
    shows: { '/a/b/x': 'base', '/c/x': 'base', '/z/x': 'base' },
  },
  'out of an opaque directory by a name': {
    layers: [['d a', 'd a/z', 'f a/z/x base'], ['o a', 'd a/b =z'], ['d c =/a/b']],
    stale: ['/c'],
    shows: {},
    problems: ['overlay-redirect /a/b'],
  },
  'on an opaque directory': {
    layers: [['d a', 'f a/x base'], ['o b =a']],
    shows: { '/a/x': 'base' },
  },
  'to a file': {
    layers: [['f a base'], ['d b =a']],
    shows: { '/a': 'base' },
    problems: ['overlay-redirect /b'],
  },
  'to nothing': {
    layers: [['d a'], ['d b =/no/where']],
    shows: {},
    problems: ['overlay-redirect /b'],
  },
  'in the lowest layer': {
    layers: [['d a', 'f a/x base', 'd b =a'], ['d c']],
    shows: { '/a/x': 'base' },
    problems: ['overlay-redirect /b'],
  },
  'on the top directory': {
    layers: [
      ['d a', 'f a/x base'],
      ['d . =/a', 'd b'],
    ],
    shows: { '/a/x': 'base' },
  },
  'what is no name and no path': {
    layers: [
      ['d a', 'f a/x base'],
      ['d b =a/b', 'd c =', 'd d =/', 'd e =/a/', 'd f =..', 'd g =//a', 'd h =/a/../a'],
    ],
    shows: {
      '/a/x': 'base',
      '/b': '?',
      '/c': '?',
      '/d': '?',
      '/e': '?',
      '/f': '?',
      '/g': '?',
      '/h': '?',
    },
    problems: ['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `overlay-redirect /${name}`),
  },
  'a metacopy': {
    layers: [['f a base'], ['m a']],
    shows: { '/a': 'base' },
  },
  'a metacopy of a metacopy': {
    layers: [['f a base'], ['m a'], ['m a'], ['m a']],
    shows: { '/a': 'base' },
  },
  'a metacopy that was renamed': {
    layers: [['f a base'], ['m b =a', 'w a']],
    shows: { '/b': 'base' },
  },
  'a metacopy renamed twice, into a renamed directory': {
    layers: [
      ['d a', 'f a/f base'],
      ['d b =a', 'w a'],
      ['d b', 'm b/g =f', 'w b/f'],
      ['m h =/b/g', 'd b', 'w b/g'],
    ],
    shows: { '/h': 'base' },
  },
  'a metacopy in a renamed directory': {
    layers: [
      ['d a', 'f a/f base'],
      ['d b =a', 'w a', 'm b/f'],
    ],
    shows: { '/b/f': 'base' },
  },
  'a metacopy from beneath an opaque directory': {
    layers: [['d a', 'f a/f base'], ['o a', 'm a/f'], ['m b =/a/f']],
    shows: { '/a/f': '?', '/b': 'base' },
    problems: ['overlay-metacopy /a/f'],
  },
  'a metacopy of nothing': {
    layers: [['d d'], ['m a', 'm b =c', 'm c =/d']],
    shows: { '/a': '?', '/b': '?', '/c': '?' },
    problems: ['overlay-metacopy /a', 'overlay-metacopy /b', 'overlay-metacopy /c'],
  },
  'a metacopy over a whiteout, a directory, a link to nowhere': {
    layers: [['f a base', 'd b'], ['w a'], ['m a', 'm b', 'm c =..']],
    shows: { '/a': '?', '/b': '?', '/c': '?' },
    problems: [
      'overlay-metacopy /a',
      'overlay-metacopy /b',
      'overlay-metacopy /c',
      'overlay-redirect /c',
    ],
  },
  'a metacopy in the lowest layer': {
    layers: [['m a'], ['d b']],
    shows: { '/a': '?' },
    problems: ['overlay-metacopy /a'],
  },
};

const FOLLOW = ['index=off', 'metacopy=on', 'redirect_dir=follow'];
const ON = ['index=off', 'metacopy=on', 'redirect_dir=on'];

/** Files, and directories that are refused. */
function shown(merged: string, tree: MergedTree): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { entry } of tree.entries) {
    const full = join(merged, entry.path);
    try {
      if (fs.lstatSync(full).isFile()) found[entry.path] = fs.readFileSync(full, 'latin1');
    } catch {
      found[entry.path] = '?';
    }
  }
  return found;
}

const skip = whyNoOverlay() ?? false;

for (const [name, { layers, shows, problems = [], stale = [] }] of Object.entries(CASES)) {
  t.test(name, { skip }, (t) => {
    for (const options of [FOLLOW, ON]) {
      const bench = openBench();
      try {
        const directories = layers.map((lines, at) => {
          const directory = bench.directory(`layer-${at}`);
          makeByHand(directory, lines);
          return directory;
        });
        const tree = mergeLayers(indexStack(directories, 'trusted.'));
        const lower = directories.toReversed();
        const merged = bench.mount({ lower, options });
        t.same(shown(merged, tree), shows, `the kernel, ${options.join()}`);
        t.same(compareTree(tree, merged), [], 'and we');
        t.same(tree.problems.map(({ code, path }) => `${code} ${path ?? ''}`).sort(), problems);
        bench.unmount(merged);
        const [upper = '', ...rest] = lower;
        const written = bench.mount({
          lower: rest,
          upper,
          work: bench.directory('work'),
          options: ON,
        });
        const refused = stale.map((path) => `"${path}" ${REFUSED}ESTALE, and we have no problem`);
        t.same(compareTree(tree, written), refused, 'with an upperdir');
      } finally {
        bench.clear();
      }
    }
    t.end();
  });
}

t.test('a mount that follows none refuses what was renamed', { skip }, (t) => {
  const bench = openBench();
  try {
    const lower = [['d e'], ['d b =a', 'd c =gone', 'm f'], ['d a', 'f a/x base', 'f f base']].map(
      (lines, at) => {
        const directory = bench.directory(`layer-${at}`);
        makeByHand(directory, lines);
        return directory;
      },
    );
    const { options } = planOverlayMount({ lower, target: '/' });
    const merged = bench.mount({ lower, options: [...(options ?? [])] });
    const found = [...takeSnapshot(merged)].map(([path, { type }]) => `${path} ${type}`);
    t.same(found, [
      '/ directory',
      '/a directory',
      '/a/x file',
      `/b ${REFUSED}EPERM`,
      `/c ${REFUSED}EPERM`,
      '/e directory',
      `/f ${REFUSED}EPERM`,
    ]);
  } finally {
    bench.clear();
  }
  t.end();
});
