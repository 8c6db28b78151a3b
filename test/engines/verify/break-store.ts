// What can be wrong with a store as a whole, in each engine.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Test } from 'tap';
import { schemaErrors } from '../../support/schema-errors.js';
import type { VerifiedEngine } from './check-engine.js';

export interface Breakage {
  readonly name: string;
  /** Findings, sorted. */
  readonly expected: readonly string[];
  /** Bytes of all findings together. */
  readonly bytes?: number;
  /** Returns what undoes it. */
  readonly act: () => () => void;
}

const HEX = 'ab'.repeat(32);

/** Something that should not be there. */
export function put(path: string, bytes = 1000): () => void {
  const directory = dirname(path);
  const isNew = !existsSync(directory);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, Buffer.alloc(bytes));
  return () => {
    rmSync(isNew ? directory : path, { recursive: true });
  };
}

/** Something that is not there any more. */
export function hide(path: string): () => void {
  const away = `${dirname(dirname(path))}/../away`;
  // Docker mounts the directory of its driver: renaming would lead from one mount to another.
  execFileSync('mv', ['-T', path, away]);
  return () => {
    execFileSync('mv', ['-T', away, path]);
  };
}

function rewrite(path: string, change: (text: string) => string): () => void {
  const before = readFileSync(path);
  writeFileSync(path, change(before.toString('utf8')));
  return () => {
    writeFileSync(path, before);
  };
}

function dangling(links: string): Breakage {
  const path = `${links}/ABCDEFGHIJKLMNOPQRSTUVWXYZ`;
  return {
    name: 'a short link to nowhere',
    expected: ['danglingLink'],
    act: () => {
      symlinkSync('../gone/diff', path);
      return () => {
        rmSync(path);
      };
    },
  };
}

export function dockerBreakages(root: string): Breakage[] {
  const database = `${root}/image/overlay2/layerdb/sha256`;
  const layers = readdirSync(database).map((name) => `${database}/${name}`);
  const upper = layers.find((path) => existsSync(`${path}/parent`)) ?? '';
  const base = layers.find((path) => !existsSync(`${path}/parent`)) ?? '';
  const directory = `${root}/overlay2/${readFileSync(`${base}/cache-id`, 'utf8')}`;
  const images = `${root}/image/overlay2/imagedb/content/sha256`;
  return [
    dangling(`${root}/overlay2/l`),
    {
      name: 'a directory of nobody',
      expected: ['unownedLayer'],
      bytes: 1000,
      act: () => put(`${root}/overlay2/${HEX}/secret`),
    },
    {
      name: 'the record of a base layer is gone',
      expected: ['missingLayer', 'missingParent', 'unownedLayer'],
      act: () => hide(base),
    },
    {
      name: 'the files of a base layer are gone',
      expected: ['danglingLink', 'missingLayer'],
      bytes: 0,
      act: () => hide(directory),
    },
    {
      name: 'an image is gone, its name is not',
      expected: ['goneImage', 'unownedLayer', 'unownedLayer'],
      act: () => hide(`${images}/${readdirSync(images)[0] ?? ''}`),
    },
    {
      name: 'a layer says it is another',
      expected: ['damaged'],
      act: () => rewrite(`${upper}/diff`, () => `sha256:${HEX}`),
    },
    {
      name: 'interrupted work',
      expected: ['leftover', 'leftover'],
      bytes: 3000,
      act: () => {
        const undo = [
          put(`${root}/tmp/docker-import-1/layer.tar`, 1000),
          put(`${root}/image/overlay2/layerdb/tmp/write-set-1/tar-split.json.gz`, 2000),
        ];
        return () => {
          for (const one of undo) one();
        };
      },
    },
  ];
}

export function podmanBreakages(root: string): Breakage[] {
  const list = `${root}/overlay-layers/layers.json`;
  const layers = JSON.parse(readFileSync(list, 'utf8')) as { id: string; parent?: string }[];
  const base = layers.find(({ parent }) => parent === undefined)?.id ?? '';
  return [
    dangling(`${root}/overlay/l`),
    {
      name: 'a directory of nobody',
      expected: ['unownedLayer'],
      bytes: 1000,
      act: () => put(`${root}/overlay/${HEX}/secret`),
    },
    {
      name: 'the files of a base layer are gone',
      expected: ['danglingLink', 'missingLayer'],
      act: () => hide(`${root}/overlay/${base}`),
    },
    {
      name: 'the list has lost the base layer',
      // What is above it is of no known chain any more, so that nobody has it either.
      expected: [
        ...['missingLayer', 'missingLayer', 'missingParent', 'unownedLayer', 'unownedLayer'],
      ],
      act: () => rewrite(list, () => JSON.stringify(layers.filter(({ id }) => id !== base))),
    },
    {
      name: 'the list of images has lost one',
      expected: ['leftover', 'unownedLayer', 'unownedLayer'],
      act: () => rewrite(`${root}/overlay-images/images.json`, () => '[]'),
    },
  ];
}

export function containerdBreakages(root: string): Breakage[] {
  const snapshots = `${root}/io.containerd.snapshotter.v1.overlayfs/snapshots`;
  const content = `${root}/io.containerd.content.v1.content`;
  const blobs = `${content}/blobs/sha256`;
  const bySize = readdirSync(blobs).sort(
    (a, b) => lstatSync(`${blobs}/${b}`).size - lstatSync(`${blobs}/${a}`).size,
  );
  return [
    {
      name: 'the directory of a snapshot that nobody has made',
      expected: ['leftover'],
      bytes: 1000,
      act: () => put(`${snapshots}/999/secret`),
    },
    {
      name: 'the files of a snapshot are gone',
      expected: ['missingLayer'],
      act: () => hide(`${snapshots}/1`),
    },
    {
      name: 'a blob that nobody has brought',
      expected: ['unownedBlob'],
      bytes: 1000,
      act: () => put(`${blobs}/${HEX}`),
    },
    {
      name: 'interrupted work',
      expected: ['leftover'],
      bytes: 500,
      act: () => put(`${content}/ingest/${HEX}/data`, 500),
    },
    {
      name: 'a blob is gone',
      expected: ['missingBlob'],
      act: () => hide(`${blobs}/${bySize[0] ?? ''}`),
    },
  ];
}

export function cutawayBreakages(root: string): Breakage[] {
  const blobs = `${root}/images/blobs/sha256`;
  const layer = readdirSync(`${root}/overlay`).find((name) => /^[0-9a-f]{64}$/.test(name)) ?? '';
  return [
    dangling(`${root}/overlay/l`),
    {
      name: 'a directory of nobody',
      expected: ['unownedLayer'],
      bytes: 1000,
      act: () => put(`${root}/overlay/${HEX}/secret`),
    },
    {
      name: 'a blob that nobody has brought',
      expected: ['unownedBlob'],
      bytes: 1000,
      act: () => put(`${blobs}/${HEX}`),
    },
    {
      name: 'interrupted work, and a container half removed',
      expected: ['leftover', 'leftover'],
      bytes: 2000,
      act: () => {
        const undo = [
          put(`${root}/tmp/4194304-1-abcdef/half`),
          put(`${root}/containers/${HEX}/log.jsonl`),
        ];
        return () => {
          for (const one of undo) one();
        };
      },
    },
    {
      name: 'a short link is gone',
      expected: ['danglingLink'],
      act: () => {
        const links = `${root}/overlay/l`;
        const name = readdirSync(links).find(
          (one) => existsSync(`${links}/${one}`) && lstatSync(`${links}/${one}`).isSymbolicLink(),
        );
        return hide(`${links}/${name ?? ''}`);
      },
    },
    {
      name: 'an unpacked layer is gone',
      expected: ['danglingLink'],
      act: () => hide(`${root}/overlay/${layer}`),
    },
  ];
}

interface StoreAnswer {
  readonly verdict: string;
  readonly stores: readonly { readonly layers: number; readonly bytes: number }[];
  readonly findings: readonly { readonly finding: string; readonly bytes?: number }[];
  readonly problems: readonly unknown[];
}

async function verifyStore(
  { cutaway, options, engine }: VerifiedEngine,
  ...words: readonly string[]
): Promise<{ status: number | null; answer: StoreAnswer }> {
  const arguments_ = [...options, 'verify', '--engine', engine, '--json', ...words];
  const { status, stdout, stderr } = await cutaway.run(arguments_, {
    env: { CUTAWAY_ENGINES: engine },
  });
  if (stdout === '') throw new Error(stderr);
  return { status, answer: JSON.parse(stdout) as StoreAnswer };
}

export async function checkStore(
  t: Test,
  engine: VerifiedEngine,
  breakages: readonly Breakage[],
): Promise<void> {
  const schema = JSON.parse(await engine.cutaway.text('schema', 'verify')) as object;
  const { status, answer } = await verifyStore(engine);
  t.same(answer.findings, [], 'a store in order');
  t.same([status, answer.verdict, answer.problems], [0, 'good', []]);
  t.ok((answer.stores[0]?.layers ?? 0) >= 2);
  const whole = await verifyStore(engine, '--layers');
  t.same([whole.status, whole.answer.findings], [0, []], 'with all layers');
  for (const { name, expected, bytes, act } of breakages) {
    const undo = act();
    const after = await verifyStore(engine);
    undo();
    const found = after.answer.findings.map(({ finding }) => finding).sort();
    t.same(found, expected, name);
    t.equal(after.status, 1);
    t.same(schemaErrors(schema, after.answer), []);
    if (bytes !== undefined) t.equal(after.answer.stores[0]?.bytes, bytes, 'bytes of nobody');
  }
  t.same((await verifyStore(engine)).answer.findings, [], 'all of it undone');
}
