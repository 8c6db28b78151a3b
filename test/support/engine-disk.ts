// A disk with one Docker and one Podman container on it, written from the formats: small enough to
// be damaged in every way.
import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const BASE_LINK = 'AAAAAAAAAAAAAAAAAAAAAAAAAA';
const INIT_LINK = 'BBBBBBBBBBBBBBBBBBBBBBBBBB';
const OWN_LINK = 'CCCCCCCCCCCCCCCCCCCCCCCCCC';

const DIFF = sha256('the only layer');
const CONFIG = JSON.stringify({
  architecture: 'amd64',
  os: 'linux',
  created: '2026-01-02T03:04:05Z',
  config: { Cmd: ['/hello'] },
  rootfs: { type: 'layers', diff_ids: [`sha256:${DIFF}`] },
  history: [{ created: '2026-01-02T03:04:05Z', created_by: 'ADD hello /' }],
});

/** Names and paths, from the root of the disk. */
export const DISK = {
  image: sha256(CONFIG),
  diff: DIFF,
  container: sha256('container'),
  docker: '/var/lib/docker',
  imagedb: `/var/lib/docker/image/overlay2/imagedb/content/sha256/${sha256(CONFIG)}`,
  layer: `/var/lib/docker/image/overlay2/layerdb/sha256/${DIFF}`,
  mount: `/var/lib/docker/image/overlay2/layerdb/mounts/${sha256('container')}`,
  record: `/var/lib/docker/containers/${sha256('container')}/config.v2.json`,
  overlay: '/var/lib/docker/overlay2',
  upper: '/var/lib/docker/overlay2/own/diff',
  storage: '/var/lib/containers/storage',
  storageLayer: sha256('own layer of podman'),
  storageUpper: `/var/lib/containers/storage/overlay/${sha256('own layer of podman')}/diff`,
} as const;

export function makeEngineDisk(root: string): void {
  const put = (path: string, content: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const link = (path: string, target: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  };
  put('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n');
  makeDocker(put, link);
  makeStorage(put, link);
}

type Put = (path: string, content: string) => void;

function makeDocker(put: Put, link: Put): void {
  const { docker, image, layer, mount, overlay } = DISK;
  const names = { ours: { 'ours:1': `sha256:${image}` } };
  put(`${docker}/image/overlay2/repositories.json`, JSON.stringify({ Repositories: names }));
  put(DISK.imagedb, CONFIG);
  put(`${layer}/diff`, `sha256:${DIFF}`);
  put(`${layer}/cache-id`, 'base');
  put(`${layer}/size`, '6');
  put(`${mount}/parent`, `sha256:${DIFF}`);
  put(`${mount}/mount-id`, 'own');
  put(`${mount}/init-id`, 'own-init');
  const links = { base: BASE_LINK, 'own-init': INIT_LINK, own: OWN_LINK };
  for (const [name, short] of Object.entries(links)) {
    put(`${overlay}/${name}/link`, short);
    link(`${overlay}/l/${short}`, `../${name}/diff`);
  }
  put(`${overlay}/own/lower`, `l/${INIT_LINK}:l/${BASE_LINK}`);
  put(`${overlay}/base/diff/hello`, 'hello\n');
  put(`${overlay}/base/diff/etc/one`, 'one\n');
  put(`${overlay}/own-init/diff/.dockerenv`, '');
  put(`${DISK.upper}/etc/one`, 'other\n');
  put(`${DISK.upper}/new`, 'new\n');
  put(DISK.record, JSON.stringify(dockerRecord()));
}

function dockerRecord() {
  return {
    ID: DISK.container,
    Name: '/web',
    Created: '2026-01-02T03:04:06.5Z',
    Path: '/hello',
    Args: [],
    Image: `sha256:${DISK.image}`,
    Config: { Image: 'ours:1', Labels: { a: 'b' } },
    Driver: 'overlay2',
    State: {
      Running: true,
      Pid: 1,
      ExitCode: 0,
      StartedAt: '2026-01-02T03:04:07Z',
      FinishedAt: '0001-01-01T00:00:00Z',
    },
    NetworkSettings: { Ports: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] } },
  };
}

function makeStorage(put: Put, link: Put): void {
  const { storage, storageLayer: own, image } = DISK;
  const at = (path: string) => `${storage}/${path}`;
  const layers = [
    { id: DIFF, 'diff-digest': `sha256:${DIFF}` },
    { id: own, parent: DIFF },
  ];
  put(at('overlay-layers/layers.json'), JSON.stringify(layers));
  put(
    at('overlay-images/images.json'),
    JSON.stringify([{ id: image, names: ['localhost/ours:1'] }]),
  );
  const data = Buffer.from(`sha256:${image}`).toString('base64');
  put(at(`overlay-images/${image}/=${data}`), CONFIG);
  const container = { id: sha256('pod'), names: ['pweb'], image, layer: own };
  const created = '2026-01-02T03:04:06.5Z';
  put(at('overlay-containers/containers.json'), JSON.stringify([{ ...container, created }]));
  put(at(`overlay/${DIFF}/link`), BASE_LINK);
  put(at(`overlay/${own}/link`), OWN_LINK);
  put(at(`overlay/${own}/lower`), `l/${BASE_LINK}`);
  link(at(`overlay/l/${BASE_LINK}`), `../${DIFF}/diff`);
  link(at(`overlay/l/${OWN_LINK}`), `../${own}/diff`);
  put(at(`overlay/${DIFF}/diff/hello`), 'hello\n');
  put(at(`overlay/${DIFF}/diff/etc/one`), 'one\n');
  put(`${DISK.storageUpper}/etc/one`, 'other\n');
  put(`${DISK.storageUpper}/new`, 'new\n');
}
