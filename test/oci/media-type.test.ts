import t from 'tap';
import {
  isConfigType,
  isForeignLayerType,
  isIndexType,
  isLayerType,
  isManifestType,
  isSchema1Type,
  layerCompression,
} from '../../src/oci/media-type.js';

const OCI = 'application/vnd.oci.image.';
const DOCKER = 'application/vnd.docker.';

t.test('each type is one kind of thing', (t) => {
  const kinds: [type: string, kind: string][] = [
    [`${OCI}manifest.v1+json`, 'manifest'],
    [`${DOCKER}distribution.manifest.v2+json`, 'manifest'],
    [`${OCI}index.v1+json`, 'index'],
    [`${DOCKER}distribution.manifest.list.v2+json`, 'index'],
    [`${OCI}config.v1+json`, 'config'],
    [`${DOCKER}container.image.v1+json`, 'config'],
    [`${DOCKER}distribution.manifest.v1+json`, 'schema1'],
    [`${DOCKER}distribution.manifest.v1+prettyjws`, 'schema1'],
    [`${OCI}layer.v1.tar`, 'layer'],
    [`${DOCKER}image.rootfs.diff.tar.gzip`, 'layer'],
    ['application/vnd.in-toto+json', ''],
    ['application/vnd.oci.empty.v1+json', ''],
    ['', ''],
    ['toString', ''],
  ];
  for (const [type, kind] of kinds) {
    t.equal(isManifestType(type), kind === 'manifest', `manifest: ${type}`);
    t.equal(isIndexType(type), kind === 'index', `index: ${type}`);
    t.equal(isConfigType(type), kind === 'config', `config: ${type}`);
    t.equal(isSchema1Type(type), kind === 'schema1', `schema 1: ${type}`);
    t.equal(isLayerType(type), kind === 'layer', `layer: ${type}`);
  }
  t.end();
});

t.test('compression of layers', (t) => {
  const rows: [type: string, compression: string | undefined, foreign: boolean][] = [
    [`${OCI}layer.v1.tar`, 'none', false],
    [`${OCI}layer.v1.tar+gzip`, 'gzip', false],
    [`${OCI}layer.v1.tar+zstd`, 'zstd', false],
    [`${OCI}layer.nondistributable.v1.tar`, 'none', true],
    [`${OCI}layer.nondistributable.v1.tar+gzip`, 'gzip', true],
    [`${OCI}layer.nondistributable.v1.tar+zstd`, 'zstd', true],
    [`${DOCKER}image.rootfs.diff.tar`, 'none', false],
    [`${DOCKER}image.rootfs.diff.tar.gzip`, 'gzip', false],
    [`${DOCKER}image.rootfs.diff.tar.zstd`, 'zstd', false],
    [`${DOCKER}image.rootfs.foreign.diff.tar`, 'none', true],
    [`${DOCKER}image.rootfs.foreign.diff.tar.gzip`, 'gzip', true],
    [`${OCI}layer.v1.tar+gzip+encrypted`, undefined, false],
    [`${OCI}config.v1+json`, undefined, false],
    ['text/plain', undefined, false],
  ];
  for (const [type, compression, foreign] of rows) {
    t.equal(layerCompression(type), compression, type);
    t.equal(isForeignLayerType(type), foreign, `foreign: ${type}`);
  }
  t.end();
});
