// Archives whose manifest.json leads out, in circles, or to what is not there.
import {
  archiveOf,
  buildConfig,
  buildDockerArchive,
  buildLayer,
  layoutFiles,
  sha256,
} from '../../support/build-image.js';
import { headerBlock, paxHeader, padded, tarFile, tarOf } from '../../support/build-tar.js';
import { evidence, type HostileCase } from '../hostile-case.js';

const LAYER = buildLayer([{ path: 'a', content: 'content' }]);
const TOP = buildLayer([{ path: 'b', content: 'top' }]);
/** A layer that the store does not have yet: what it has it does not read again. */
const fresh = (content: string) => buildLayer([{ path: 'a', content }]);
const manifest = (layers: readonly string[], more: Readonly<Record<string, unknown>> = {}) =>
  Buffer.from(
    JSON.stringify([{ Config: 'c.json', RepoTags: ['evil:1'], Layers: layers, ...more }]),
  );

/** An archive with a config for these layers, and these members. */
const archive =
  (manifestJson: Buffer, layers: readonly Buffer[], ...members: readonly Buffer[]) =>
  (directory: string): string =>
    evidence(
      directory,
      tarOf(
        tarFile({ name: 'c.json' }, buildConfig(layers)),
        ...members,
        tarFile({ name: 'manifest.json' }, manifestJson),
      ),
    );

const member = (name: string, content: Buffer | string) => tarFile({ name }, content);
const symlink = (name: string, linkName: string) => headerBlock({ name, typeflag: '2', linkName });
const link = (name: string, linkName: string) => headerBlock({ name, typeflag: '1', linkName });
const OUTSIDE = /evil layer|not in archive|no such file/;

export const ARCHIVE_CASES: readonly HostileCase[] = [
  {
    name: 'layer-twice',
    trick: 'one layer listed twice',
    evidence: 'docker save: the same diff_id in two places',
    make: archive(manifest(['1.tar', '1.tar']), [LAYER, LAYER], member('1.tar', LAYER)),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'layer-outside',
    trick: 'layers named by paths that climb out or are absolute',
    evidence: 'moby CVE-2014-9356, GHSA-hpxr-w9w7-g4gv',
    make: archive(
      manifest(['../../../../etc/passwd']),
      [fresh('layer-outside')],
      member('1.tar', LAYER),
    ),
    expect: { refused: OUTSIDE },
  },
  {
    name: 'layer-absolute',
    trick: 'a layer named by an absolute path',
    evidence: 'moby CVE-2014-9356',
    make: archive(manifest(['/etc/passwd']), [fresh('layer-absolute')], member('1.tar', LAYER)),
    expect: { refused: OUTSIDE },
  },
  {
    name: 'config-outside',
    trick: 'a config named by a path that climbs out',
    evidence: 'moby CVE-2014-9356',
    make: archive(
      manifest(['1.tar'], { Config: '../../../etc/passwd' }),
      [fresh('config-outside')],
      member('1.tar', LAYER),
    ),
    expect: { refused: OUTSIDE },
  },
  {
    name: 'member-links-outside',
    trick: 'members that are links to files of the host',
    evidence: 'containerd CVE-2026-53489, container-diff PR #355',
    make: archive(
      manifest(['1.tar']),
      [fresh('member-links-outside')],
      symlink('1.tar', '/etc/passwd'),
      symlink('2.tar', '../../../../etc/passwd'),
    ),
    expect: { refused: OUTSIDE },
  },
  {
    name: 'member-link-inside',
    trick: 'a layer that is a link to another member, as old Docker writes them',
    evidence: 'docker save before 1.10, dive',
    make: archive(
      manifest(['x/layer.tar', 'y/layer.tar']),
      [LAYER, LAYER],
      member('y/layer.tar', LAYER),
      symlink('x/layer.tar', '../y/layer.tar'),
    ),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'member-link-loop',
    trick: 'members that are links to each other',
    evidence: 'go-containerregistry#2232',
    make: archive(
      manifest(['1.tar']),
      [fresh('member-link-loop')],
      symlink('1.tar', '2.tar'),
      symlink('2.tar', '1.tar'),
      link('h', 'h'),
    ),
    expect: { refused: OUTSIDE },
  },
  {
    name: 'member-special',
    trick: 'members that are devices and FIFOs',
    evidence: 'container-explorer opens what it finds',
    make: archive(
      manifest(['1.tar']),
      [fresh('member-special')],
      headerBlock({ name: '1.tar', typeflag: '6' }),
      headerBlock({ name: 'zero', typeflag: '3', major: 1, minor: 5 }),
    ),
    expect: { refused: OUTSIDE },
  },
  {
    name: 'member-twice',
    trick: 'a member twice: one to be checked, one to be used',
    evidence: 'buildkit#266, "Zip confusion"',
    make: archive(manifest(['1.tar']), [LAYER], member('1.tar', TOP), member('./1.tar', LAYER)),
    expect: { problems: ['archive-duplicate-member 1.tar'], entries: ['f /a'] },
  },
  {
    name: 'manifest-twice',
    trick: 'two manifest.json, of which readers take one or the other',
    evidence: 'buildkit#266',
    make: (directory) =>
      evidence(
        directory,
        tarOf(
          member('manifest.json', manifest(['2.tar'])),
          member('c.json', buildConfig([LAYER])),
          member('1.tar', LAYER),
          member('2.tar', TOP),
          member('manifest.json', manifest(['1.tar'])),
        ),
      ),
    expect: { problems: ['archive-duplicate-member manifest.json'], entries: ['f /a'] },
  },
  {
    name: 'member-escapes',
    trick: 'members whose names climb out, beside a good image',
    evidence: 'CVE-2024-24579 (stereoscope)',
    make: archive(
      manifest(['1.tar']),
      [LAYER],
      member('1.tar', LAYER),
      member('../../../tmp/cutaway-hostile-escaped', 'x'),
      member('', 'x'),
    ),
    expect: {
      problems: ['tar-path-escape ../../../tmp/cutaway-hostile-escaped', 'tar-path-escape '],
      entries: ['f /a'],
    },
  },
  {
    name: 'member-sparse',
    trick: 'a layer stored with holes',
    evidence: 'CVE-2025-58183 (Go)',
    make: archive(
      manifest(['1.tar']),
      [fresh('member-sparse')],
      paxHeader({
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.realsize': '99999999',
      }),
      tarFile({ name: '1.tar' }, Buffer.concat([padded('0\n'), LAYER])),
    ),
    expect: { refused: OUTSIDE },
  },
  {
    name: 'wrong-layer',
    trick: "a layer that is not the one that the config's diff_ids promise",
    evidence: 'go-containerregistry#2303',
    make: archive(manifest(['1.tar']), [fresh('wrong-layer')], member('1.tar', TOP)),
    expect: { refused: /sha256:[0-9a-f]{64}/ },
  },
  {
    name: 'layer-count',
    trick: 'more layers than diff_ids',
    evidence: 'jenkins-library PR #3652',
    make: archive(
      manifest(['1.tar', '2.tar']),
      [LAYER],
      member('1.tar', LAYER),
      member('2.tar', TOP),
    ),
    expect: { refused: /2 layers, but 1 diff_ids in the config$/ },
  },
  {
    name: 'many-layers',
    trick: 'three hundred layers that are one',
    evidence: 'moby#26380: mount options of a page',
    make: archive(
      manifest(Array.from({ length: 300 }, () => '1.tar')),
      Array.from({ length: 300 }, () => LAYER),
      member('1.tar', LAYER),
    ),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'tags',
    trick: 'names of images that drive a terminal, climb out, or are none',
    evidence: 'containerd CVE-2026-50195, CVE-2021-25743 (kubectl)',
    make: archive(
      manifest(['1.tar'], {
        RepoTags: ['\x1b[31mred:1', '../../x:1', 'UPPER:1', '', 'ok\u202e:1', 'good:1'],
      }),
      [LAYER],
      member('1.tar', LAYER),
    ),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'forms-disagree',
    trick: 'an archive of both forms, that show different images',
    evidence: 'dive#452, nerdctl#404',
    make: (directory) => {
      const files = layoutFiles([{ layers: [LAYER], tags: ['shown:1'] }]);
      files.set('c.json', buildConfig([TOP]));
      files.set('2.tar', TOP);
      files.set('manifest.json', manifest(['2.tar']));
      return `${evidence(directory, archiveOf(files))}:shown:1`;
    },
    expect: { problems: ['archive-forms-disagree'], entries: ['f /a'], notLoaded: /no such file/ },
  },
  {
    name: 'one-of-two-damaged',
    trick: 'a good image beside one that cannot be read',
    evidence: 'silence about what could not be read (podman#6856)',
    make: (directory) =>
      evidence(
        directory,
        archiveOf(
          new Map([
            ['c.json', buildConfig([LAYER])],
            ['1.tar', LAYER],
            [
              'manifest.json',
              Buffer.from(
                JSON.stringify([
                  { Config: 'c.json', RepoTags: ['evil:1'], Layers: ['1.tar'] },
                  { Config: 'gone.json', RepoTags: ['gone:1'], Layers: [] },
                ]),
              ),
            ],
          ]),
        ),
      ),
    expect: { problems: ['image-unreadable'], entries: ['f /a'] },
  },
  {
    name: 'config-name-lies',
    trick: 'a config whose name is another digest',
    evidence: 'docker save: <imageID>.json',
    make: archive(
      manifest(['1.tar'], { Config: `${'0'.repeat(64)}.json` }),
      [LAYER],
      member(`${'0'.repeat(64)}.json`, buildConfig([LAYER])),
      member('1.tar', LAYER),
    ),
    expect: { problems: [`config-name-mismatch ${'0'.repeat(64)}.json`], entries: ['f /a'] },
  },
  {
    name: 'manifest-is-directory',
    trick: 'manifest.json as a directory, and as a link to itself',
    evidence: 'node-tar, go-containerregistry#2232',
    make: (directory) =>
      evidence(
        directory,
        tarOf(
          headerBlock({ name: 'manifest.json', typeflag: '5' }),
          symlink('index.json', 'index.json'),
        ),
      ),
    expect: { refused: /not an image: it has neither manifest\.json nor index\.json$/ },
  },
  {
    name: 'manifest-huge',
    trick: 'a manifest.json of 9 MiB',
    evidence: 'diffoci#99: JSON without a bound',
    make: archive(manifest(['1.tar'], { x: 'x'.repeat(9 << 20) }), [LAYER], member('1.tar', LAYER)),
    expect: { refused: /exceeds the limit documentSize of 8388608$/ },
  },
  {
    name: 'manifests-many',
    trick: 'twenty thousand images',
    evidence: 'image-spec#780: no limit',
    make: archive(
      Buffer.from(
        JSON.stringify(Array.from({ length: 20_000 }, () => ({ Config: 'c.json', Layers: [] }))),
      ),
      [LAYER],
    ),
    expect: { refused: /20000 exceeds the limit manifests of 10000$/ },
  },
  {
    name: 'archive-cut',
    trick: 'an archive that ends within a layer',
    evidence: 'image-spec#1301, badtars-missing-contents',
    make: (directory) =>
      evidence(directory, buildDockerArchive([{ layers: [LAYER, TOP] }]).subarray(0, 3000)),
    expect: { refused: /it ends inside its member/ },
  },
  {
    name: 'archive-tail',
    trick: 'another archive behind the end of the first',
    evidence: 'tar --ignore-zeros',
    make: (directory) =>
      evidence(
        directory,
        Buffer.concat([
          buildDockerArchive([{ layers: [LAYER], tags: ['evil:1'] }]),
          buildDockerArchive([{ layers: [TOP], tags: ['other:1'] }]),
        ]),
      ),
    expect: { problems: ['tar-trailing-data'], entries: ['f /a'] },
  },
  {
    name: 'not-an-archive',
    trick: 'files that are no archives: empty, zeros, text, a program',
    evidence: 'dive: os.Exit within a library',
    make: (directory) => evidence(directory, Buffer.from('\x7fELF\x1b[31m'.repeat(200))),
    expect: { refused: /not a tar archive/ },
  },
  {
    name: 'old-docker',
    trick: 'an archive of Docker before 1.10',
    evidence: 'dive#452',
    make: (directory) =>
      evidence(directory, archiveOf(new Map([['repositories', Buffer.from('{}')]]))),
    expect: { refused: /of Docker before 1\.10/ },
  },
  {
    name: 'oci-digest-as-path',
    trick: 'a digest that is a path',
    evidence: 'CVE-2024-3727 (containers/image)',
    make: (directory) => {
      const files = layoutFiles([{ layers: [LAYER] }]);
      const index = String(files.get('index.json'));
      files.set(
        'index.json',
        Buffer.from(
          index.replace(/sha256:[0-9a-f]{64}/, 'sha256:../../../../../../../../etc/passwd'),
        ),
      );
      return evidence(directory, archiveOf(files));
    },
    expect: { refused: /digest/ },
  },
  {
    name: 'oci-blob-lies',
    trick: 'a blob that is not what its name says',
    evidence: 'go-containerregistry#2303, dive hashes nothing',
    make: (directory) => {
      const files = layoutFiles([{ layers: [fresh('blob-lies')], compression: 'none' }]);
      files.set(
        `blobs/sha256/${sha256(fresh('blob-lies')).slice(7)}`,
        Buffer.alloc(fresh('blob-lies').length, TOP),
      );
      return evidence(directory, archiveOf(files));
    },
    expect: { refused: /its content has the digest/ },
  },
];
