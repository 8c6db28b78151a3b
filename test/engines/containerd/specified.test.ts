// What cannot be run here, made from its specification: the CRI plugin's status, and Docker 29,
// which keeps layers in containerd and everything else in files of its own.
import t from 'tap';
import { dockerEngine } from '../../../src/engines/docker/docker-engine.js';
import { recordedHost } from '../../../src/host/recorded-host.js';
import { containerName, publishedPorts } from '../../../src/engines/containerd/container-name.js';
import { parseCriStatus } from '../../../src/engines/containerd/cri-status.js';
import { protobufAny } from '../../support/build-bolt.js';
import { engineOn, ROOT, SNAPSHOTS } from './fixture.js';
import { CHAIN, CONFIG_DIGEST, MANIFEST, container, forge } from './forged.js';

const ID = 'd'.repeat(64);

t.test('a container of Kubernetes, with the life that the CRI plugin wrote down', (t) => {
  const labels = {
    'io.cri-containerd.kind': 'container',
    'io.kubernetes.pod.namespace': 'kube-system',
    'io.kubernetes.pod.name': 'dns-5d78',
    'io.kubernetes.container.name': 'dns',
  };
  const spec = {
    process: { args: ['/dns', '-v'] },
    linux: { cgroupsPath: 'kubepods-burstable-pod1.slice:cri-containerd:x' },
  };
  const metadata = {
    Version: 'v1',
    Metadata: { ImageRef: CONFIG_DIGEST, LogPath: '/var/log/pods/dns/0.log' },
  };
  const extensions = {
    'io.cri-containerd.container.metadata': protobufAny('cri', JSON.stringify(metadata)),
  };
  const entry = container(ID, { spec, labels, extensions, image: 'no-longer-here' });
  const host = forge('k8s.io', { containers: { [ID]: entry } });
  const status = {
    Version: 'v1',
    Pid: 4711,
    CreatedAt: 1700000100000000005n,
    StartedAt: 1700000101123456789n,
    FinishedAt: 1700000102000000000n,
    ExitCode: 137,
    Reason: 'OOMKilled',
    Message: '',
  };
  const text = JSON.stringify(status, (_, value: unknown) =>
    typeof value === 'bigint' ? `<${value}>` : value,
  ).replace(/"<(\d+)>"/g, '$1');
  const path = `${ROOT}/io.containerd.grpc.v1.cri/containers/${ID}/status`;
  const engine = engineOn({ ...host, files: { ...host.files, [path]: text } });
  t.same(engine.listProblems?.(), []);
  t.match(engine.findContainer('kube-system/dns-5d78/dns'), {
    name: 'k8s.io/kube-system/dns-5d78/dns',
    imageID: CONFIG_DIGEST,
    command: ['/dns', '-v'],
    state: 'exited',
    startedAt: '2023-11-14T22:15:01.123456789Z',
    finishedAt: '2023-11-14T22:15:02Z',
    exitCode: 137,
    error: 'OOMKilled',
    log: '/var/log/pods/dns/0.log',
    home: `${ROOT}/io.containerd.grpc.v1.cri/containers/${ID}`,
    cgroupPaths: [
      '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-x.scope',
    ],
  });
  t.end();
});

t.test('a container that runs has no end', (t) => {
  const bytes = Buffer.from(
    '{"Version":"v1","StartedAt":1700000101000000000,"FinishedAt":0,"ExitCode":0}',
  );
  t.same(parseCriStatus(bytes, 'status'), { startedAt: '2023-11-14T22:15:01Z' });
  t.throws(() => parseCriStatus(Buffer.from('{"Version":"v2"}'), 'status'), {
    code: 'UNSUPPORTED',
  });
  t.end();
});

/** config.v2.json by daemon/container/container.go of moby. */
function dockerFile(changes: object = {}): string {
  return JSON.stringify({
    ID,
    Name: '/web',
    Created: '2026-01-02T03:04:05.678Z',
    Path: 'nginx',
    Args: ['-g', 'daemon off;'],
    Config: { Image: 'one:1', Labels: { team: 'shop' } },
    Image: MANIFEST.digest,
    ImageManifest: MANIFEST,
    Driver: 'overlayfs',
    LogPath: `/var/lib/docker/containers/${ID}/${ID}-json.log`,
    State: {
      Running: false,
      Pid: 0,
      StartedAt: '2026-01-02T03:04:06Z',
      FinishedAt: '2026-01-02T03:05:06Z',
      ExitCode: 3,
      Error: '',
    },
    NetworkSettings: {
      Ports: { '80/tcp': [{ HostIp: '0.0.0.0', HostPort: '8080' }], '53/udp': null },
    },
    ...changes,
  });
}

/** Stopped: containerd knows the snapshots only. */
function dockerHost(changes: object = {}) {
  const host = forge(
    'moby',
    { keys: [`${ID}-init`, ID] },
    {
      [`moby/4/${ID}`]: {
        id: Buffer.from([4]),
        kind: Buffer.from([2]),
        parent: `moby/3/${ID}-init`,
      },
      [`moby/3/${ID}-init`]: {
        id: Buffer.from([3]),
        kind: Buffer.from([3]),
        parent: `moby/2/${CHAIN[1]}`,
      },
    },
  );
  const file = `/var/lib/docker/containers/${ID}/config.v2.json`;
  return { ...host, files: { ...host.files, [file]: dockerFile(changes) } };
}

t.test('a stopped container of Docker 29', (t) => {
  const engine = engineOn(dockerHost());
  t.same(engine.listProblems?.(), []);
  const found = engine.findContainer('moby/web');
  t.match(found, {
    id: ID,
    name: 'moby/web',
    imageReference: 'one:1',
    imageID: CONFIG_DIGEST,
    command: ['nginx', '-g', 'daemon off;'],
    state: 'exited',
    createdAt: '2026-01-02T03:04:05.678Z',
    exitCode: 3,
    labels: { team: 'shop' },
    ports: ['0.0.0.0:8080->80/tcp'],
    home: `/var/lib/docker/containers/${ID}`,
  });
  t.same(found?.directories.lower, [
    { role: 'init', directory: `${SNAPSHOTS}/snapshots/3/fs` },
    { role: 'layer', directory: `${SNAPSHOTS}/snapshots/2/fs`, layerIndex: 2 },
    { role: 'layer', directory: `${SNAPSHOTS}/snapshots/1/fs`, layerIndex: 1 },
  ]);
  t.equal(found?.directories.upper, `${SNAPSHOTS}/snapshots/4/fs`);
  t.end();
});

t.test('one that Docker believed to run when the machine stopped', (t) => {
  const State = { Running: true, Pid: 4711, StartedAt: '2026-01-02T03:04:06Z', ExitCode: 0 };
  const found = engineOn(dockerHost({ State })).findContainer('web');
  t.equal(found?.state, 'exited');
  t.equal(found?.recordedState, 'running');
  t.end();
});

t.test("containers whose layers a graph driver has are not containerd's", (t) => {
  t.same(engineOn(dockerHost({ Driver: 'overlay2' })).listContainers(), []);
  const bare = container('', { snapshotter: '', image: '' });
  t.same(engineOn(forge('moby', { containers: { [ID]: bare }, keys: [] })).listContainers(), []);
  t.end();
});

t.test('names', (t) => {
  const name = (labels: Record<string, string>) => containerName({ id: 'x1', labels });
  t.equal(name({}), 'x1');
  t.equal(name({ 'nerdctl/name': 'web' }), 'web');
  t.equal(name({ 'nerdctl/name': '' }), 'x1');
  t.equal(name({ 'io.kubernetes.pod.name': 'p' }), 'default/p/x1');
  t.same(publishedPorts({ 'nerdctl/ports': 'no json' }), []);
  t.same(publishedPorts({ 'nerdctl/ports': '{"HostPort":1}' }), []);
  t.same(
    publishedPorts({ 'nerdctl/ports': '[null,{"HostPort":"1"},{"HostPort":1,"ContainerPort":2}]' }),
    ['1->2/tcp'],
  );
  t.end();
});

t.test('such a container is not one of Docker with a store of its own too', (t) => {
  const engine = dockerEngine(
    {
      host: recordedHost(dockerHost()),
      isLive: false,
      platform: { os: 'linux', architecture: 'amd64' },
      limits: {},
    },
    { name: 'docker', root: '/var/lib/docker' },
  );
  t.same(engine.listContainers(), []);
  t.same(engine.listProblems?.(), []);
  t.end();
});
