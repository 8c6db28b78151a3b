import t from 'tap';
import { parseManifest } from '../../src/oci/manifest.js';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const OCI = 'application/vnd.oci.image.manifest.v1+json';
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = {
  mediaType: 'application/vnd.oci.image.config.v1+json',
  digest: digest('a'),
  size: 10,
};
const LAYER = {
  mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
  digest: digest('b'),
  size: 20,
};
const MANIFEST = { schemaVersion: 2, mediaType: OCI, config: CONFIG, layers: [LAYER] };
const parse = (document: object, expected?: string) =>
  parseManifest(Buffer.from(JSON.stringify(document)), expected);

t.test('a manifest with all there can be', (t) => {
  const full = {
    ...MANIFEST,
    artifactType: 'application/example',
    config: { ...CONFIG, data: 'e30=' },
    layers: [{ ...LAYER, urls: ['https://example.com/l'], annotations: { a: 'b' } }],
    subject: { mediaType: OCI, digest: digest('c'), size: 3, artifactType: 'x/y' },
    annotations: { c: 'd' },
  };
  t.same(parse(full), full);
  t.same(parse({ ...full, extra: 1, fsLayers: null }), full, 'unknown keys are left out');
  t.end();
});

t.test('absent and null parts stay absent', (t) => {
  const bare = { ...MANIFEST, annotations: null, subject: null };
  t.strictSame(Object.keys(parse(bare)).sort(), ['config', 'layers', 'mediaType', 'schemaVersion']);
  t.strictSame(Object.keys(parse(MANIFEST).layers[0]!), ['mediaType', 'digest', 'size']);
  t.same(parse({ ...MANIFEST, layers: null }).layers, []);
  t.end();
});

t.test('the media type: its own, the expected, or OCI', (t) => {
  const untyped = { ...MANIFEST, mediaType: undefined };
  t.equal(parse(MANIFEST).mediaType, OCI);
  t.equal(parse(MANIFEST, OCI).mediaType, OCI);
  t.equal(parse({ ...MANIFEST, mediaType: DOCKER }).mediaType, DOCKER);
  t.equal(parse(untyped).mediaType, OCI);
  t.equal(parse(untyped, DOCKER).mediaType, DOCKER);
  t.equal(parse({ ...MANIFEST, mediaType: '' }, DOCKER).mediaType, DOCKER);
  t.throws(() => parse(MANIFEST, DOCKER), {
    code: 'CORRUPT',
    message: `parse manifest: $.mediaType: "${OCI}", but expected "${DOCKER}"`,
  });
  t.throws(() => parse({ ...MANIFEST, mediaType: INDEX }), {
    code: 'CORRUPT',
    message: `parse manifest: $: an index, not a manifest: ${INDEX}`,
  });
  t.throws(() => parse(untyped, INDEX), { code: 'CORRUPT', message: /an index, not a manifest/ });
  t.throws(
    () => parse({ ...MANIFEST, mediaType: 'application/vnd.oci.artifact.manifest.v1+json' }),
    {
      code: 'UNSUPPORTED',
    },
  );
  t.end();
});

t.test('what is a manifest to one parser and an index to another is neither', (t) => {
  const both = [
    { ...MANIFEST, manifests: [] },
    { ...MANIFEST, manifests: null },
    { ...MANIFEST, Manifests: [] },
    { schemaVersion: 2, mediaType: OCI, manifests: [], layers: [] },
    { schemaVersion: 2, mediaType: OCI, manifests: [], config: CONFIG },
  ];
  for (const document of both) {
    t.throws(() => parse(document), { code: 'CORRUPT', message: /has both "manifests" and/ });
  }
  t.end();
});

t.test('schema 1 is refused by its name', (t) => {
  const signed = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
  const rows: [document: object, expected?: string][] = [
    [{ schemaVersion: 1, name: 'a', fsLayers: [], history: [] }],
    [{ schemaVersion: 1, mediaType: signed }],
    [MANIFEST, signed],
  ];
  for (const [document, expected] of rows) {
    t.throws(() => parse(document, expected), {
      code: 'UNSUPPORTED',
      message: 'parse manifest: $: Docker image manifest schema 1 is not supported',
    });
  }
  t.end();
});

t.test('errors name the place', (t) => {
  const rows: [document: object, message: string][] = [
    [{ ...MANIFEST, schemaVersion: 3 }, '$.schemaVersion: not 2: 3'],
    [{ ...MANIFEST, schemaVersion: '2' }, '$.schemaVersion: not an integer: "2"'],
    [{ ...MANIFEST, schemaVersion: undefined }, '$.schemaVersion: missing'],
    [{ ...MANIFEST, layers: undefined }, '$.layers: missing'],
    [{ ...MANIFEST, layers: {} }, '$.layers: not an array: an object'],
    [{ ...MANIFEST, config: undefined }, '$.config: missing'],
    [{ ...MANIFEST, config: { ...CONFIG, digest: 'abc' } }, '$.config.digest: not a digest: "abc"'],
    [
      { ...MANIFEST, layers: [LAYER, { ...LAYER, size: -1 }] },
      '$.layers[1].size: not an integer from 0: -1',
    ],
    [{ ...MANIFEST, layers: [LAYER, null] }, '$.layers[1]: not an object: null'],
    [
      { ...MANIFEST, layers: [{ ...LAYER, mediaType: 7 }] },
      '$.layers[0].mediaType: not a string: 7',
    ],
    [
      { ...MANIFEST, layers: [{ ...LAYER, annotations: { a: 1 } }] },
      '$.layers[0].annotations.a: not a string: 1',
    ],
    [{ ...MANIFEST, mediaType: 7 }, '$.mediaType: not a string: 7'],
    [[MANIFEST], '$: not an object: an array'],
  ];
  for (const [document, message] of rows) {
    t.throws(() => parse(document), { message: `parse manifest: ${message}` });
  }
  t.end();
});

t.test('a digest of another algorithm is unsupported, not corrupt', (t) => {
  const layer = { ...LAYER, digest: `blake3:${'a'.repeat(64)}` };
  t.throws(() => parse({ ...MANIFEST, layers: [layer] }), {
    code: 'UNSUPPORTED',
    data: { path: '$.layers[0].digest' },
  });
  t.end();
});
