// Archives and layouts that are wrong in one thing each: none is loaded, each is told in a line.
import { mkdirSync, writeFileSync } from 'node:fs';
import t from 'tap';
import {
  archiveOf,
  buildDockerArchive,
  buildLayer,
  buildOciLayout,
  layoutFiles,
  writeFiles,
} from '../support/build-image.js';
import { cannotRun, leftovers, makeCutaway } from '../support/cli.js';
import { checkComplaints, everything, type Complaint } from './complaints.js';

const layer = buildLayer([{ path: 'hello', content: 'hello' }]);
const otherLayer = buildLayer([{ path: 'other', content: 'wrong' }]);

/** Archives and layouts that are wrong in one thing each; their paths by name. */
function makeBroken(directory: string): Record<string, string> {
  mkdirSync(directory);
  const put = (name: string, bytes: Buffer | string) => {
    writeFileSync(`${directory}/${name}`, bytes);
    return `${directory}/${name}`;
  };
  const good = buildDockerArchive([{ layers: [layer], tags: ['good:1'] }]);
  // What the store has already is not read again: the wrong ones are made of something else.
  const other = buildDockerArchive([{ layers: [otherLayer], tags: ['bad:1'] }]);
  const files = layoutFiles([{ layers: [otherLayer], tags: ['bad:1'] }]);
  const layout = (name: string, change: (files: Map<string, Buffer>) => void) => {
    const changed = new Map(files);
    change(changed);
    return writeFiles(`${directory}/${name}`, changed);
  };
  const [blob = ''] = [...files]
    .filter(([name, bytes]) => name.startsWith('blobs/') && bytes[0] === 0x1f)
    .map(([name]) => name);
  const platform = { os: 'linux', architecture: 's390x' };
  return {
    good: put('good.tar', good),
    two: put(
      'two.tar',
      buildDockerArchive([
        { layers: [layer], tags: ['one:1'] },
        { layers: [layer, layer], tags: ['two:1'] },
      ]),
    ),
    truncated: put('truncated.tar', other.subarray(0, 2000)),
    empty: put('empty.tar', ''),
    text: put('text.tar', 'this is no archive\n'.repeat(100)),
    noManifest: put('no-manifest.tar', archiveOf(new Map([['file', Buffer.from('x')]]))),
    notJson: put('not-json.tar', archiveOf(new Map([['manifest.json', Buffer.from('{"a":')]]))),
    noConfig: put(
      'no-config.tar',
      archiveOf(
        new Map([
          ['manifest.json', Buffer.from('[{"Config":"c.json","RepoTags":null,"Layers":[]}]')],
        ]),
      ),
    ),
    wrongDiffID: put('wrong-diffid.tar', swapLayer(other)),
    missingBlob: layout('missing-blob', (map) => map.delete(blob)),
    wrongDigest: layout('wrong-digest', (map) =>
      map.set(blob, Buffer.alloc(map.get(blob)?.length ?? 0, 'x')),
    ),
    cutBlob: layout('cut-blob', (map) =>
      map.set(blob, (map.get(blob) ?? Buffer.alloc(0)).subarray(0, -5)),
    ),
    indexNotJson: layout('index-not-json', (map) => map.set('index.json', Buffer.from('nothing'))),
    noIndex: layout('no-index', (map) => map.delete('index.json')),
    otherPlatform: buildOciLayout(`${directory}/other`, [
      { layers: [layer], tags: ['other:1'], ...platform, platform },
    ]),
    emptyDirectory: (mkdirSync(`${directory}/nothing`), `${directory}/nothing`),
  };
}

/** The same archive with other bytes in its layer. */
function swapLayer(archive: Buffer): Buffer {
  const changed = Buffer.from(archive);
  changed.write('WRONG', archive.indexOf('wrong'));
  return changed;
}

function complaints(broken: Readonly<Record<string, string>>): Complaint[] {
  const load = (name: string, says: RegExp): Complaint => ({
    what: `load ${name}`,
    args: ['load', broken[name] ?? name],
    says,
  });
  return [
    load('/no/such/file', /"\/no\/such\/file": no such file or directory$/),
    load('truncated', /truncated\.tar": it ends inside its member/),
    load('empty', /empty\.tar"/),
    load('text', /text\.tar": .*not a tar archive/),
    load(
      'noManifest',
      /no-manifest\.tar": not an image: it has neither manifest\.json nor index\.json$/,
    ),
    load('notJson', /not-json\.tar".*manifest\.json/),
    load('noConfig', /"c\.json": not in archive "[^"]*no-config\.tar"$/),
    load('wrongDiffID', /^load layer 1 of 1: .*sha256:[0-9a-f]{64}/),
    load('missingBlob', /sha256:[0-9a-f]{64}/),
    load('wrongDigest', /^load layer 1 of 1: .*sha256:[0-9a-f]{64}/),
    load('cutBlob', /^load layer 1 of 1: /),
    load('indexNotJson', /index-not-json": .*image index: not JSON/),
    load('noIndex', /no-index": a layout without index\.json: it has no index\.json$/),
    load('otherPlatform', /other": no image for this machine in it$/),
    load('emptyDirectory', /nothing": not an image: it has no index\.json$/),
    { what: 'load nothing', args: ['load'], says: 'no file was named' },
    {
      what: 'load a name that is not in it',
      args: ['load', broken['good'] ?? '', 'bad:1'],
      says: /none is called "bad:1"$/,
    },
    {
      what: 'an archive with several images',
      args: ['layers', broken['two'] ?? ''],
      says: /2 images: one:1, two:1$/,
    },
    {
      what: 'an archive of another kind',
      args: ['layers', `oci-archive:${broken['good'] ?? ''}`],
      says: /not of the kind oci-archive$/,
    },
    {
      what: 'a truncated archive as a target',
      args: ['tree', broken['truncated'] ?? ''],
      says: /truncated\.tar": it ends inside its member/,
    },
    {
      what: 'a text file as a target',
      args: ['layers', broken['text'] ?? ''],
      says: /text\.tar": .*not a tar archive/,
    },
    {
      what: 'a wrong digest as a target',
      args: ['tree', broken['wrongDigest'] ?? ''],
      says: /sha256:[0-9a-f]{64}/,
    },
    {
      what: 'overlay of an archive',
      args: ['overlay', broken['good'] ?? ''],
      says: /is not unpacked$/,
    },
  ];
}

async function testBadArchives(): Promise<void> {
  const cutaway = makeCutaway(t);
  const broken = makeBroken(`${cutaway.directory}/broken`);
  await cutaway.text('load', broken['good'] ?? '');
  const before = await everything(cutaway);
  await t.test('each is told', (t) => checkComplaints(t, cutaway, complaints(broken)));
  await t.test('nothing has come or gone meanwhile', async (t) => {
    t.same(await everything(cutaway), before);
    t.same(leftovers(cutaway.paths), []);
  });
}

const skip = cannotRun('tar');
if (skip !== false) t.plan(0, skip);
else await testBadArchives();
