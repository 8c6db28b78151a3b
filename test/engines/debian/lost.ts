// `cutaway recover`, `waste` and `blame` beside find(1) in the unpacked layers and in a mount of them.
import { execFileSync } from 'node:child_process';
import type { Test } from 'tap';
import type { BlameDocument } from '../../../src/inspect/documents/blame.js';
import type { LayersDocument } from '../../../src/inspect/documents/layers.js';
import type { RecoverDocument } from '../../../src/inspect/documents/recover.js';
import type { WasteDocument } from '../../../src/inspect/documents/waste.js';
import { LAYERS } from '../../support/debian-image.js';
import { firstOf, mountLayers, type World } from './world.js';

export async function testLost(t: Test, world: World): Promise<void> {
  const { cutaway, root } = world;
  const { layers } = (await cutaway.json('layers', LAYERS)) as LayersDocument;
  const directories = layers.map(({ directory = '' }) => directory);
  const { entries, totals } = (await cutaway.json('recover', LAYERS)) as RecoverDocument;
  const waste = (await cutaway.json('waste', LAYERS)) as WasteDocument;
  const mount = mountLayers(root, directories);
  try {
    const stored = directories.map((directory) => listFiles(directory));
    const shown = listFiles(mount.directory);
    const lost = stored.flatMap((files, at) =>
      [...files].flatMap(([path, file]) => {
        const last = stored.findLastIndex((others) => others.has(path));
        const isShown = shown.has(path) && last === at;
        return isShown ? [] : [`${at + 1} ${path} ${file.size}`];
      }),
    );
    const ours = entries
      .filter(({ type }) => type === 'file')
      .map(({ layer, path, size }) => `${layer} ${path} ${size}`);
    const unknown = ours.filter((line) => !lost.includes(line));
    const missing = lost.filter((line) => !ours.includes(line));
    t.same(firstOf(unknown), [], 'nothing that the mount shows');
    t.same(firstOf(missing), [], 'everything else');
    t.ok(ours.length > 0, `${ours.length} files`);
    t.equal(totals.files, ours.length);
    compareWaste(t, waste, stored, shown);
    await compareBlame(t, world, stored, shown);
  } finally {
    mount.unmount();
  }
}

interface StoredFile {
  readonly size: number;
  /** Device and inode: names of one file share it. */
  readonly file: string;
}

/** Regular files by find(1); overlay whiteouts are character devices. */
function listFiles(directory: string): Map<string, StoredFile> {
  const output = execFileSync('find', [directory, '-type', 'f', '-printf', '%P\\0%s\\0%D:%i\\0'], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const fields = output.split('\0');
  const files = new Map<string, StoredFile>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    files.set(`/${fields[at] ?? ''}`, { size: Number(fields[at + 1]), file: fields[at + 2] ?? '' });
  }
  return files;
}

function sumFiles(files: Iterable<StoredFile>): number {
  const sizes = new Map<string, number>();
  for (const { file, size } of files) sizes.set(file, size);
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function compareWaste(
  t: Test,
  { layers, totals }: WasteDocument,
  stored: readonly ReadonlyMap<string, StoredFile>[],
  shown: ReadonlyMap<string, StoredFile>,
): void {
  t.same(
    layers.map(({ size }) => size),
    stored.map((files) => sumFiles(files.values())),
    'find counts the same bytes in each layer',
  );
  const used = stored.flatMap((files, at) =>
    [...files]
      .filter(([path]) => shown.has(path))
      .filter(([path]) => stored.findLastIndex((others) => others.has(path)) === at)
      .map(([, file]) => file),
  );
  t.equal(totals.visible, sumFiles(used), 'and the same that can be seen');
}

/** Of some paths: the layers that have them, and whether they are there. */
async function compareBlame(
  t: Test,
  { cutaway }: World,
  stored: readonly ReadonlyMap<string, StoredFile>[],
  shown: ReadonlyMap<string, StoredFile>,
): Promise<void> {
  const [base = new Map<string, StoredFile>(), ...more] = stored;
  const touched = [...base.keys()].filter(
    (path) => !shown.has(path) || more.some((files) => files.has(path)),
  );
  const step = Math.max(1, Math.floor(touched.length / 12));
  for (const path of touched.filter((_, at) => at % step === 0)) {
    const { events, visible } = (await cutaway.json('blame', LAYERS, path)) as BlameDocument;
    t.same(
      events.filter(({ entry }) => entry?.type === 'file').map(({ layer }) => layer),
      stored.flatMap((files, at) => (files.has(path) ? [at + 1] : [])),
      `the layers that have ${path}`,
    );
    if (shown.has(path)) t.equal(visible, stored.findLastIndex((files) => files.has(path)) + 1);
  }
}
