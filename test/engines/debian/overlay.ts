// `cutaway overlay` beside /proc/self/mountinfo and the directories themselves.
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import type { Test } from 'tap';
import type { LayersDocument } from '../../../src/inspect/documents/layers.js';
import type { OverlayDocument } from '../../../src/inspect/documents/overlay.js';
import { eventually } from '../../support/cli.js';
import { LAYERS } from '../../support/debian-image.js';
import type { World } from './world.js';

const NAME = 'stacked';
const SCRIPT =
  'echo 12345 > /etc/new; echo more >> /etc/passwd; rm -r /usr/share/perl5; sleep 1000';

export async function testOverlay(t: Test, world: World): Promise<void> {
  const { cutaway } = world;
  const image = (await cutaway.json('layers', LAYERS)) as LayersDocument;
  await t.test('an image', async (t) => {
    const document = (await cutaway.json('overlay', LAYERS)) as OverlayDocument;
    t.equal(document.mounted, false);
    t.equal(document.merged, undefined);
    checkLayers(t, document.lower, image);
  });
  const id = await cutaway.line('run', '-d', '--name', NAME, LAYERS, 'sh', '-c', SCRIPT);
  const top = `${cutaway.dataRoot}/overlay/${id}`;
  await eventually(() => fs.existsSync(`${top}/diff/usr/share/perl5`), 'the script ran');
  await t.test('a running container', async (t) => {
    const document = (await cutaway.json('overlay', NAME)) as OverlayDocument;
    t.same(document.problems, []);
    t.equal(document.mounted, true);
    checkMount(t, document);
    checkDirectories(t, document, top);
    checkLayers(t, document.lower.slice(1), image);
    t.equal(document.lower[0]?.role, 'init', 'on top of the layers is the init layer');
    await checkUpper(t, world, document);
  });
  await cutaway.text('rm', '-f', NAME);
  t.notOk(mountLine(`${top}/merged`), 'a removed container is not mounted');
  await cutaway.text('create', '--name', NAME, LAYERS, 'true');
  const idle = (await cutaway.json('overlay', NAME)) as OverlayDocument;
  t.equal(idle.mounted, false, 'a created one is not mounted yet');
  checkLayers(t, idle.lower.slice(-image.layers.length), image);
  await cutaway.text('rm', NAME);
}

function mountLine(mountPoint: string): string | undefined {
  const lines = fs.readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.find((line) => line.split(' ')[4] === mountPoint);
}

/** The line itself, and each of its directories; the kernel names them by their short links. */
function checkMount(t: Test, document: OverlayDocument): void {
  const line = mountLine(document.merged ?? '') ?? '';
  t.equal(document.mountLine, line, 'the line of mountinfo');
  const options = (line.split(' - ')[1]?.split(' ')[2] ?? '').split(',');
  const values = (name: string) =>
    options
      .filter((option) => option.startsWith(`${name}=`))
      .flatMap((option) => option.slice(name.length + 1).split(':'));
  const lower = [...values('lowerdir'), ...values('lowerdir+')];
  t.same(
    document.lower.map(({ directory }) => directory),
    lower.map((path) => fs.realpathSync(path)),
    'the lower directories, top first',
  );
  t.same(
    document.lower.map(({ position }) => position),
    lower.map((_, at) => at + 1),
  );
  t.same([document.upper?.directory], values('upperdir'), 'upperdir');
  t.same([document.work], values('workdir'), 'workdir');
  const directories = /^(?:lowerdir\+?|upperdir|workdir|datadir\+)=/;
  t.same(
    document.features.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)),
    options.filter((option) => !directories.test(option)),
    'all other options',
  );
}

function checkDirectories(t: Test, document: OverlayDocument, top: string): void {
  t.equal(document.merged, `${top}/merged`);
  t.equal(document.upper?.directory, `${top}/diff`);
  t.equal(fs.readFileSync(`${document.merged}/etc/new`, 'utf8'), '12345\n', 'merged shows it');
  t.equal(fs.readFileSync(`${top}/diff/etc/new`, 'utf8'), '12345\n', 'the upper directory has it');
  t.ok(fs.statSync(`${document.work}/work`).isDirectory(), 'the kernel works in workdir');
  for (const { directory, link } of document.lower) {
    if (link !== undefined) t.equal(fs.realpathSync(link), directory, 'the short link');
  }
}

/** `lower` has the image's layers alone. */
function checkLayers(t: Test, lower: OverlayDocument['lower'], image: LayersDocument): void {
  t.same(
    lower.map(({ role, directory, layer, entries, contentSize }) => ({
      ...{ role, directory, entries, contentSize, createdBy: layer?.createdBy, ...layer },
    })),
    [...image.layers].reverse().map((layer) => ({
      role: 'layer',
      directory: layer.directory,
      entries: layer.entries,
      contentSize: layer.contentSize,
      index: layer.index,
      digest: layer.digest,
      diffID: layer.diffID,
      chainID: layer.chainID,
      createdBy: layer.createdBy,
      command: layer.command,
    })),
    'which layer each is',
  );
}

async function checkUpper(t: Test, { cutaway }: World, document: OverlayDocument): Promise<void> {
  const lines = (await cutaway.text('diff', NAME)).split('\n');
  const count = (kind: string) => lines.filter((line) => line.startsWith(`${kind} `)).length;
  const { added, changed, deleted, contentSize, directory = '' } = document.upper ?? {};
  t.same(
    { added, changed, deleted },
    { added: count('A'), changed: count('C'), deleted: count('D') },
  );
  const find = [directory, '(', '-type', 'f', '-o', '-type', 'l', ')', '-printf', '%s\\n'];
  const sizes = execFileSync('find', find, { encoding: 'utf8' }).split('\n').map(Number);
  t.equal(
    contentSize,
    sizes.reduce((sum, size) => sum + size, 0),
    'bytes in the upper directory',
  );
  const { upper } = (await cutaway.json('layers', NAME)) as LayersDocument;
  const paths = execFileSync('find', [directory, '-printf', '.'], { encoding: 'utf8' });
  t.same(upper, { directory, contentSize, entries: paths.length }, 'layers says the same of it');
}
