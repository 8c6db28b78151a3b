// `cutaway tree` beside what the kernel and Docker make of the same layers.
import * as fs from 'node:fs';
import type { Test } from 'tap';
import type { LayersDocument } from '../../../src/inspect/documents/layers.js';
import type { TreeDocument } from '../../../src/inspect/documents/tree.js';
import { eventually } from '../../support/cli.js';
import { LAYERS } from '../../support/debian-image.js';
import { takeSnapshot } from '../../overlay/oracle/snapshot.js';
import { checkNameBytes, compareTree } from './compare-tree.js';
import { firstOf, snapshotUpTo, type World } from './world.js';

export async function testTree(t: Test, world: World): Promise<void> {
  await t.test('the kernel shows the same of the unpacked layers', (t) => againstKernel(t, world));
  await t.test('the same from wherever it is read', (t) => acrossPlaces(t, world));
  await t.test("Docker's merged directory", (t) => checkUnderDocker(t, world, LAYERS));
  await t.test('a running container', (t) => runningContainer(t, world));
}

async function readTree({ cutaway }: World, target: string): Promise<TreeDocument> {
  return (await cutaway.json('tree', '--hash', target)) as TreeDocument;
}

async function againstKernel(t: Test, world: World): Promise<void> {
  const { layers } = (await world.cutaway.json('layers', LAYERS)) as LayersDocument;
  for (const count of [1, 2, 5, 9, 11, layers.length]) {
    const { entries, totals, problems } = await readTree(world, `${LAYERS}@${count}`);
    t.same(problems, [], 'no problems');
    t.same(checkNameBytes(entries), [], 'names that are not UTF-8 have their bytes beside them');
    const snapshot = await snapshotUpTo(world, count);
    t.ok(snapshot.size > 5000, `${snapshot.size} paths`);
    t.same(firstOf(compareTree(entries, snapshot)), [], `the first ${count} layers`);
    const seen = [...snapshot.values()];
    const files = [...snapshot].filter(([, { type }]) => type === 'file');
    t.same(totals, {
      entries: snapshot.size,
      files: files.length,
      directories: seen.filter(({ type }) => type === 'directory').length,
      contentSize: files.reduce(
        (sum, [path, { size, sameFileAs }]) => sum + (path === sameFileAs ? size : 0),
        0,
      ),
    });
  }
}

async function acrossPlaces(t: Test, world: World): Promise<void> {
  const { entries, layers } = await readTree(world, LAYERS);
  const { images, copies } = world;
  for (const place of [`docker-archive:${images.archive}:${LAYERS}`, `oci:${copies.gzip}`]) {
    const other = await readTree(world, place);
    t.same(other.layers, layers, `${place}: the layers`);
    const lines = entries.map((entry) => JSON.stringify(entry));
    const others = new Set(other.entries.map((entry) => JSON.stringify(entry)));
    t.equal(others.size, lines.length, 'as many entries');
    t.same(firstOf(lines.filter((line) => !others.has(line))), [], 'the same entries');
  }
}

/** A container of `image` that Docker runs has the files that `tree` lists. */
export async function checkUnderDocker(t: Test, world: World, image: string): Promise<void> {
  const { docker, sums } = world;
  const { entries } = await readTree(world, image);
  docker.run(['run', '-d', '--network', 'none', '--name', 'merged', image, 'sleep', '1000']);
  try {
    const { GraphDriver } = docker.inspect('merged') as {
      GraphDriver: { Data: { LowerDir: string; MergedDir: string } };
    };
    const [init = ''] = GraphDriver.Data.LowerDir.split(':');
    t.match(init, /-init\/diff$/, 'on top is the init layer');
    const ignore = new Set(takeSnapshot(init).keys());
    const snapshot = takeSnapshot(GraphDriver.Data.MergedDir, sums);
    const lines = compareTree(entries, snapshot, { ignore, byDocker: true });
    t.same(firstOf(lines), [], `${snapshot.size} paths`);
  } finally {
    docker.run(['rm', '-f', 'merged']);
  }
}

const CHANGES = [
  'echo new > /etc/new',
  'echo changed >> /etc/passwd',
  'rm -r /usr/share/perl5 /etc/alternatives',
  'rm -r /srv/base && mkdir /srv/base && echo instead > /srv/base/noted',
  'ln /usr/bin/git /usr/local/bin/git && ln -s git /usr/local/bin/link',
  'mkfifo /root/fifo && mknod /root/null c 1 3',
  'chmod 4711 /usr/bin/env && chown 1:2 /usr/share/doc/git && touch /usr/share/doc/git',
  'setfattr -n user.note -v there /opt/cat && setcap cap_chown+ep /usr/bin/tail',
  'mkdir /root/ready && exec sleep 1000',
].join(' && ');

async function runningContainer(t: Test, world: World): Promise<void> {
  const { cutaway } = world;
  const id = await cutaway.line('run', '-d', '--name', 'changed', LAYERS, 'sh', '-c', CHANGES);
  const merged = `${cutaway.dataRoot}/overlay/${id}/merged`;
  await eventually(() => fs.existsSync(`${merged}/root/ready`), 'the changes are made');
  const { entries, problems, layers } = await readTree(world, 'changed');
  t.same(problems, [], 'no problems');
  t.same(layers.map(({ role }) => role).slice(-2), ['init', 'upper']);
  const snapshot = takeSnapshot(merged, world.sums);
  t.same(firstOf(compareTree(entries, snapshot)), [], `${snapshot.size} paths`);
  await cutaway.text('rm', '-f', 'changed');
}
