import t from 'tap';
import { parseImageIndex, selectManifests } from '../../src/oci/image-index.js';
import { parsePlatform } from '../../src/oci/platform.js';

const OCI = 'application/vnd.oci.image.index.v1+json';
const DOCKER = 'application/vnd.docker.distribution.manifest.list.v2+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const entry = (letter: string, platform?: object, more: object = {}) => ({
  mediaType: MANIFEST,
  digest: digest(letter),
  size: 1,
  ...(platform === undefined ? {} : { platform }),
  ...more,
});
const on = (os: string, architecture: string, variant?: string) => ({
  os,
  architecture,
  ...(variant === undefined ? {} : { variant }),
});
const parse = (document: object, expected?: string) =>
  parseImageIndex(Buffer.from(JSON.stringify(document)), expected);
const index = (...manifests: object[]) => parse({ schemaVersion: 2, mediaType: OCI, manifests });
const select = (text: string, ...manifests: object[]) =>
  selectManifests(index(...manifests), parsePlatform(text)).map((found) => found.digest[7]);

t.test('an index with all there can be', (t) => {
  const full = {
    schemaVersion: 2,
    mediaType: OCI,
    artifactType: 'x/y',
    manifests: [
      entry(
        'a',
        { ...on('linux', 'arm', 'v7'), 'os.features': ['f'] },
        { annotations: { a: 'b' } },
      ),
    ],
    subject: { mediaType: MANIFEST, digest: digest('c'), size: 3 },
    annotations: { c: 'd' },
  };
  t.same(parse(full), full);
  t.same(parse({ schemaVersion: 2, manifests: null }), {
    schemaVersion: 2,
    mediaType: OCI,
    manifests: [],
  });
  t.equal(parse({ schemaVersion: 2, manifests: [] }, DOCKER).mediaType, DOCKER);
  t.end();
});

t.test('what is none', (t) => {
  const rows: [document: object, code: string, message: RegExp, expected?: string][] = [
    [{ schemaVersion: 2 }, 'CORRUPT', /\$\.manifests: missing$/],
    [{ schemaVersion: 2, manifests: {} }, 'CORRUPT', /\$\.manifests: not an array/],
    [{ schemaVersion: 2, manifests: [{}] }, 'CORRUPT', /\$\.manifests\[0\]\.mediaType: missing$/],
    [
      { schemaVersion: 2, manifests: [entry('a', { os: 1 })] },
      'CORRUPT',
      /\$\.manifests\[0\]\.platform\.os: not a string: 1$/,
    ],
    [{ schemaVersion: 2, manifests: [], layers: [] }, 'CORRUPT', /both "manifests" and "layers"/],
    [{ schemaVersion: 2, manifests: [], Config: {} }, 'CORRUPT', /both "manifests" and "config"/],
    [
      { schemaVersion: 2, mediaType: MANIFEST, manifests: [] },
      'CORRUPT',
      /a manifest, not an index/,
    ],
    [{ schemaVersion: 2, mediaType: OCI, manifests: [] }, 'CORRUPT', /but expected/, DOCKER],
    [
      { schemaVersion: 2, mediaType: 'x/y', manifests: [] },
      'UNSUPPORTED',
      /"x\/y" is not supported/,
    ],
    [{ schemaVersion: 1, manifests: [] }, 'UNSUPPORTED', /schema 1/],
    [{ manifests: [] }, 'CORRUPT', /\$\.schemaVersion: missing$/],
  ];
  for (const [document, code, message, expected] of rows) {
    t.throws(() => parse(document, expected), { code, message });
  }
  t.end();
});

t.test('the manifests of a platform', (t) => {
  const all = [
    entry('a', on('linux', 'amd64')),
    entry('b', on('linux', 'arm64', 'v8')),
    entry('c', on('linux', 'arm', 'v5')),
    entry('d', on('linux', 'arm', 'v7')),
    entry('e', on('linux', 'arm', 'v6')),
    entry('f', on('windows', 'amd64')),
  ];
  t.same(select('linux/amd64', ...all), ['a']);
  t.same(select('linux/arm64', ...all), ['b']);
  t.same(select('linux/arm', ...all), ['d', 'e', 'c'], 'the newest variant first');
  t.same(select('linux/arm/v6', ...all), ['e', 'c']);
  t.same(select('linux/s390x', ...all), []);
  t.end();
});

t.test('attestations and what is no image are left out', (t) => {
  const attestation = { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } };
  const found = select(
    'linux/amd64',
    entry('a', on('unknown', 'unknown'), attestation),
    entry('b', on('unknown', 'unknown')),
    entry('c', on('linux', 'amd64'), attestation),
    entry('d', on('linux', 'amd64'), { mediaType: 'application/vnd.in-toto+json' }),
    entry('e', on('linux', 'amd64')),
  );
  t.same(found, ['e']);
  t.same(select('unknown/unknown', entry('a', on('unknown', 'unknown'))), []);
  t.end();
});

t.test('what does not say its platform comes last: its config must tell', (t) => {
  const nested = { mediaType: OCI };
  const found = select(
    'linux/amd64',
    entry('a'),
    entry('b', on('', '')),
    entry('c', on('linux', 'amd64')),
    entry('d', undefined, nested),
    entry('e', on('linux', 'amd64'), nested),
  );
  t.same(found, ['c', 'e', 'a', 'b', 'd']);
  t.end();
});
