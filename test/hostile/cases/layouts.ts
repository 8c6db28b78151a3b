// Layouts on disk: what lies where a blob should be, and documents that point in circles.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { buildLayer, layoutFiles, sha256, writeFiles } from '../../support/build-image.js';
import { makeSocket } from '../canary.js';
import type { HostileCase } from '../hostile-case.js';
import { changeManifest } from './compression.js';

let count = 0;
/** Another one each time: what the store has it does not read again. */
const freshLayer = () => buildLayer([{ path: 'a', content: `layout ${(count += 1)}` }]);
const OCI = 'application/vnd.oci.image';

type Files = Map<string, Buffer>;
type Index = {
  schemaVersion: number;
  manifests: Record<string, unknown>[];
  [key: string]: unknown;
};

/** A layout that has been changed before it is written. */
const layout =
  (change: (files: Files) => void) =>
  (directory: string): string => {
    const files = layoutFiles([{ layers: [freshLayer()], tags: ['evil:1'] }]);
    change(files);
    return writeFiles(directory, files);
  };

/** The same, changed on the disk afterwards. */
const onDisk =
  (change: (directory: string, files: Files) => void) =>
  (directory: string): string => {
    const files = layoutFiles([{ layers: [freshLayer()], tags: ['evil:1'] }]);
    writeFiles(directory, files);
    change(directory, files);
    return directory;
  };

const index = (change: (index: Index) => void) =>
  layout((files) => {
    const document = JSON.parse(String(files.get('index.json'))) as Index;
    change(document);
    files.set('index.json', Buffer.from(JSON.stringify(document)));
  });

const manifest = (change: (document: Record<string, unknown>) => void) =>
  layout((files) => {
    const changed = changeManifest(files, (text) => {
      const document = JSON.parse(text) as Record<string, unknown>;
      change(document);
      return JSON.stringify(document);
    });
    files.set('index.json', changed);
  });

/** Puts `document` into the layout and returns its descriptor. */
function put(files: Files, document: unknown, mediaType: string): Record<string, unknown> {
  const bytes = Buffer.from(JSON.stringify(document));
  files.set(`blobs/sha256/${sha256(bytes).slice(7)}`, bytes);
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}

/** index.json that names an index in an index …, `depth` of them. */
const nested = (depth: number) =>
  layout((files) => {
    let { manifests } = JSON.parse(String(files.get('index.json'))) as Index;
    for (let level = 0; level < depth; level += 1) {
      manifests = [put(files, { schemaVersion: 2, manifests }, `${OCI}.index.v1+json`)];
    }
    files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
  });

function layerName(files: Files): string {
  return [...files.keys()].find((name) => files.get(name)?.[0] === 0x1f) ?? '';
}

export const LAYOUT_CASES: readonly HostileCase[] = [
  {
    name: 'index-nested',
    trick: 'three indexes within each other, which is allowed',
    evidence: 'drydock PR #816, microsandbox PR #1308',
    make: nested(3),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'index-deep',
    trick: 'a hundred indexes within each other',
    evidence: 'image-spec#780: no depth limit',
    make: nested(100),
    expect: { refused: /exceeds the limit indexDepth of 4$/ },
  },
  {
    name: 'index-wide-and-deep',
    trick: 'indexes that each name the next one many times: 10^4 paths',
    evidence: 'socktainer PR #314, billion laughs',
    make: layout((files) => {
      let { manifests } = JSON.parse(String(files.get('index.json'))) as Index;
      for (let level = 0; level < 4; level += 1) {
        const next = put(files, { schemaVersion: 2, manifests, level }, `${OCI}.index.v1+json`);
        manifests = Array.from({ length: 12 }, () => next);
      }
      files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })));
    }),
    expect: { refused: /exceeds the limit manifests of 10000$/ },
  },
  {
    name: 'index-cycle',
    trick: 'an index that names its own digest: nobody can make one, but a careless reader loops',
    evidence: 'image-spec#778, PR #1020 (subject)',
    make: layout((files) => {
      const descriptor = {
        mediaType: `${OCI}.index.v1+json`,
        digest: `sha256:${'a'.repeat(64)}`,
        size: 0,
      };
      const loop = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
      descriptor.size = loop.length;
      files.set(`blobs/sha256/${'a'.repeat(64)}`, loop);
      files.set('index.json', loop);
    }),
    expect: { refused: /bytes instead of|its content has the digest/ },
  },
  {
    name: 'subject-loop',
    trick: 'a manifest whose subject is itself',
    evidence: 'image-spec PR #1020',
    make: manifest((document) => {
      document['subject'] = {
        mediaType: `${OCI}.manifest.v1+json`,
        digest: `sha256:${'b'.repeat(64)}`,
        size: 7,
      };
    }),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'descriptor-size',
    trick: 'a size that is not that of the blob',
    evidence: 'go-containerregistry#2303',
    make: index((document) => (document.manifests[0]!['size'] = 3)),
    expect: { refused: /bytes instead of 3$/ },
  },
  ...[-1, 1.5, 2 ** 60, '12', null].map((size, at): HostileCase => ({
    name: `descriptor-size-${['negative', 'fraction', 'huge', 'text', 'null'][at] ?? ''}`,
    trick: `a size of ${JSON.stringify(size)}`,
    evidence: 'image-spec descriptor.md, GHSA-8x88-c5mf-7j5w',
    make: index((document) => (document.manifests[0]!['size'] = size)),
    expect: { refused: /size/ },
  })),
  ...['sha256:../../../etc/passwd', 'md5:00', 'sha256:ABCDEF', '', `sha256:${'0'.repeat(63)}`].map(
    (digest, at): HostileCase => ({
      name: `digest-${['path', 'weak', 'upper', 'empty', 'short'][at] ?? ''}`,
      trick: `a digest of ${JSON.stringify(digest)}`,
      evidence: 'CVE-2024-3727 (containers/image)',
      make: index((document) => (document.manifests[0]!['digest'] = digest)),
      expect: { refused: /digest/ },
    }),
  ),
  {
    name: 'media-type-confusion',
    trick: 'a document that is a manifest and an index at once',
    evidence: 'CVE-2021-41190 (distribution-spec)',
    make: manifest((document) => (document['manifests'] = [])),
    expect: { refused: /manifest/ },
  },
  {
    name: 'media-type-other',
    trick: 'a manifest that its descriptor calls an index',
    evidence: 'CVE-2021-41190 (distribution-spec)',
    make: index((document) => (document.manifests[0]!['mediaType'] = `${OCI}.index.v1+json`)),
    expect: { refused: /index/ },
  },
  {
    name: 'media-type-nonsense',
    trick: 'a descriptor of a type that drives a terminal',
    evidence: 'CVE-2021-25743 (kubectl)',
    make: index((document) => (document.manifests[0]!['mediaType'] = 'text/\x1b[31m\u202e')),
    expect: { refused: /it has no image$|no image/ },
  },
  {
    name: 'attestations',
    trick: 'manifests for unknown/unknown beside the image',
    evidence: 'drydock PR #816',
    make: index((document) => {
      document.manifests.push({
        ...document.manifests[0],
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
      });
    }),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'annotations',
    trick: 'names and annotations that drive a terminal',
    evidence: 'CVE-2021-25743 (kubectl), containerd CVE-2026-50195',
    make: index((document) => {
      document.manifests[0]!['annotations'] = {
        'org.opencontainers.image.ref.name': '\x1b]0;owned\x07\u202e',
        'io.containerd.image.name': '\x9b31m',
        'x\x1b[2J': '\x00',
      };
    }),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'layout-version',
    trick: 'a layout of the future',
    evidence: 'image-spec image-layout.md',
    make: layout((files) =>
      files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"9.0.0\\u001b[31m"}')),
    ),
    expect: { refused: /is not supported$/ },
  },
  {
    name: 'layout-file-missing',
    trick: 'a layout without its oci-layout file',
    evidence: 'image-spec image-layout.md',
    make: layout((files) => files.delete('oci-layout')),
    expect: { problems: ['layout-file-missing'], entries: ['f /a'] },
  },
  {
    name: 'blob-data',
    trick: 'documents within their descriptors, instead of the blob',
    evidence: 'image-spec descriptor.md: data',
    make: layout((files) => {
      const document = JSON.parse(String(files.get('index.json'))) as Index;
      const name = `blobs/sha256/${String(document.manifests[0]?.['digest']).slice(7)}`;
      document.manifests[0]!['data'] = files.get(name)?.toString('base64');
      files.delete(name);
      files.set('index.json', Buffer.from(JSON.stringify(document)));
    }),
    expect: { problems: [], entries: ['f /a'] },
  },
  {
    name: 'blob-is-link-outside',
    trick: 'a blob that is a link to a file of the host',
    evidence: 'containerd CVE-2026-53489, agent-bom PR #1528',
    make: onDisk((directory, files) => {
      const path = `${directory}/${layerName(files)}`;
      rmSync(path);
      symlinkSync('/etc/passwd', path);
    }),
    expect: { refused: /not in layout|bytes instead of/ },
  },
  {
    name: 'blobs-is-link-outside',
    trick: 'the directory of the blobs is a link to one of the host',
    evidence: 'containerd CVE-2026-53489',
    make: onDisk((directory) => {
      rmSync(`${directory}/blobs`, { recursive: true });
      symlinkSync('/proc/self/root', `${directory}/blobs`);
    }),
    expect: { refused: /not in layout/ },
  },
  {
    name: 'blob-is-fifo',
    trick: 'a blob that is a FIFO, which blocks whoever opens it',
    evidence: 'container-explorer opens what it finds',
    make: onDisk((directory, files) => {
      rmSync(`${directory}/${layerName(files)}`);
      execFileSync('mkfifo', [`${directory}/${layerName(files)}`]);
    }),
    expect: { refused: /not in layout/ },
  },
  {
    name: 'blob-is-socket',
    trick: 'a blob that is a socket, a directory beside it',
    evidence: 'container-explorer opens what it finds',
    make: onDisk((directory, files) => {
      rmSync(`${directory}/${layerName(files)}`);
      makeSocket(`${directory}/${layerName(files)}`);
      mkdirSync(`${directory}/blobs/sha512`);
    }),
    expect: { refused: /not in layout/ },
  },
  {
    name: 'index-is-fifo',
    trick: 'index.json as a FIFO',
    evidence: 'container-explorer opens what it finds',
    make: onDisk((directory) => {
      rmSync(`${directory}/index.json`);
      execFileSync('mkfifo', [`${directory}/index.json`]);
    }),
    expect: { refused: /it has no index\.json$/ },
  },
  {
    name: 'index-is-link-outside',
    trick: 'index.json as a link out of the layout',
    evidence: 'agent-bom PR #1528',
    make: onDisk((directory) => {
      rmSync(`${directory}/index.json`);
      symlinkSync('../../../../../../../../etc/passwd', `${directory}/index.json`);
    }),
    expect: { refused: /it has no index\.json$/ },
  },
  {
    name: 'blob-sparse-huge',
    trick: 'a manifest blob of 4 TiB of holes',
    evidence: 'CPython PR #151498: allocated before it is read',
    make: onDisk((directory, files) => {
      const document = JSON.parse(String(files.get('index.json'))) as Index;
      truncateSync(
        `${directory}/blobs/sha256/${String(document.manifests[0]?.['digest']).slice(7)}`,
        2 ** 42,
      );
    }),
    expect: { refused: /exceeds the limit documentSize of 8388608$/ },
  },
  {
    name: 'layer-blob-longer',
    trick: 'a layer blob with more behind it than its descriptor says',
    evidence: 'oras VerifyReader: trailing bytes',
    make: onDisk((directory, files) => {
      const path = `${directory}/${layerName(files)}`;
      truncateSync(path, (files.get(layerName(files))?.length ?? 0) + 4096);
    }),
    expect: { refused: /bytes instead of/ },
  },
  {
    name: 'empty-layout',
    trick: 'an index of nothing, and one of null',
    evidence: 'go writes null for an empty list',
    make: layout((files) =>
      files.set('index.json', Buffer.from('{"schemaVersion":2,"manifests":null}')),
    ),
    expect: { refused: /no image/ },
  },
  {
    name: 'config-of-another-kind',
    trick: 'a chart, which has a config of another kind',
    evidence: 'helm: OCI artifacts are no images',
    make: manifest((document) => {
      document['config'] = {
        ...(document['config'] as object),
        mediaType: 'application/vnd.cncf.helm.config.v1+json',
      };
    }),
    expect: { refused: /no image/ },
  },
  {
    name: 'platform-lies',
    trick: 'an index that says another platform than the config',
    evidence: 'image-spec image-index.md',
    make: layout((files) => {
      const document = JSON.parse(String(files.get('index.json'))) as Index;
      document.manifests[0]!['platform'] = {
        os: 'linux',
        architecture: 'amd64',
        variant: '\x1b[31m',
      };
      files.set('index.json', Buffer.from(JSON.stringify(document)));
    }),
    expect: { refused: /no image for/ },
  },
];
