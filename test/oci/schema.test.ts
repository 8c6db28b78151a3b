// The types against the JSON Schemas of the specs: what fits the type must fit the schema, and
// what the parsers return must still be the document.
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import t, { type Test } from 'tap';
import { sha256Digest } from '../../src/oci/digest.js';
import { parseImageConfig, type ImageConfig } from '../../src/oci/image-config.js';
import { parseImageIndex, type ImageIndex } from '../../src/oci/image-index.js';
import { parseManifest, type Manifest } from '../../src/oci/manifest.js';
import { MEDIA_TYPE } from '../../src/oci/media-type.js';
import {
  parseRuntimeState,
  type Hook,
  type RuntimeConfig,
  type RuntimeState,
} from '../../src/oci/runtime-config.js';

const VECTORS = new URL('../shared/vectors/', `${pathToFileURL(process.cwd()).href}/`);
const SKIP = {
  skip: existsSync(VECTORS) ? false : 'the JSON Schemas of the specs are not beside the project',
};

const digest = sha256Digest(Buffer.from('x'));
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

const MANIFEST: Manifest = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociManifest,
  artifactType: 'application/vnd.example+json',
  config: { mediaType: MEDIA_TYPE.ociConfig, digest, size: 1, data: 'eA==' },
  layers: [
    {
      mediaType: MEDIA_TYPE.ociLayerZstd,
      digest,
      size: 2,
      urls: ['https://example.com/layer'],
      annotations: { a: 'b' },
      artifactType: 'a/b',
    },
  ],
  subject: { mediaType: MEDIA_TYPE.ociManifest, digest, size: 3 },
  annotations: { c: 'd' },
};

const INDEX: ImageIndex = {
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociIndex,
  manifests: [
    {
      mediaType: MEDIA_TYPE.ociManifest,
      digest,
      size: 1,
      platform: {
        os: 'linux',
        architecture: 'arm',
        variant: 'v7',
        'os.version': '1',
        'os.features': ['f'],
      },
    },
  ],
  annotations: { c: 'd' },
};

const CONFIG: ImageConfig = {
  architecture: 'arm64',
  os: 'linux',
  variant: 'v8',
  'os.version': '1',
  'os.features': ['f'],
  created: '2026-05-07T00:00:00.123456789Z',
  author: 'a',
  config: {
    User: 'u',
    Env: ['A=b'],
    Entrypoint: ['e'],
    Cmd: ['c'],
    WorkingDir: '/',
    Volumes: { '/v': {} },
    ExposedPorts: { '80/tcp': {} },
    Labels: { l: 'm' },
    StopSignal: 'SIGTERM',
    ArgsEscaped: false,
    Healthcheck: { Test: ['NONE'] },
  },
  rootfs: { type: 'layers', diff_ids: [digest] },
  history: [
    {
      created: '2026-05-07T00:00:00Z',
      created_by: 'x',
      author: 'y',
      comment: 'z',
      empty_layer: true,
    },
  ],
};

const HOOK: Hook = { path: '/h', args: ['h'], env: ['A=b'], timeout: 1 };
const IDS = [{ containerID: 0, hostID: 100000, size: 65536 }];
const CAPABILITIES = ['CAP_CHOWN'];

const RUNTIME_CONFIG: RuntimeConfig = {
  ociVersion: '1.2.0',
  hostname: 'h',
  domainname: 'd',
  root: { path: 'rootfs', readonly: true },
  process: {
    terminal: true,
    consoleSize: { height: 24, width: 80 },
    user: { uid: 0, gid: 0, umask: 0o22, additionalGids: [10] },
    args: ['sh'],
    env: ['TERM=xterm'],
    cwd: '/',
    capabilities: {
      bounding: CAPABILITIES,
      permitted: CAPABILITIES,
      effective: CAPABILITIES,
      inheritable: [],
      ambient: [],
    },
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: 1024 }],
    noNewPrivileges: true,
    oomScoreAdj: -10,
    apparmorProfile: 'p',
    selinuxLabel: 'l',
  },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid'] },
    { destination: '/b', source: '/a', options: ['bind'], uidMappings: IDS, gidMappings: IDS },
  ],
  hooks: {
    prestart: [HOOK],
    createRuntime: [HOOK],
    createContainer: [HOOK],
    startContainer: [HOOK],
    poststart: [HOOK],
    poststop: [HOOK],
  },
  linux: {
    namespaces: [
      { type: 'mount' },
      { type: 'pid' },
      { type: 'network', path: '/run/netns/x' },
      { type: 'ipc' },
      { type: 'uts' },
      { type: 'user' },
      { type: 'cgroup' },
      { type: 'time' },
    ],
    uidMappings: IDS,
    gidMappings: IDS,
    devices: [
      { type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0o666, uid: 0, gid: 0 },
    ],
    cgroupsPath: '/cutaway/x',
    resources: {
      devices: [
        { allow: false, access: 'rwm' },
        { allow: true, type: 'c', major: 1, minor: 3, access: 'r' },
      ],
      memory: { limit: 1, reservation: 1, swap: -1, swappiness: 60, disableOOMKiller: false },
      cpu: {
        shares: 2,
        quota: -1,
        period: 100000,
        realtimeRuntime: 1,
        realtimePeriod: 1,
        cpus: '0-1',
        mems: '0',
      },
      pids: { limit: 100 },
      blockIO: {
        weight: 10,
        weightDevice: [{ major: 8, minor: 0, weight: 10 }],
        throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1 }],
        throttleWriteBpsDevice: [{ major: 8, minor: 0, rate: 1 }],
        throttleReadIOPSDevice: [{ major: 8, minor: 0, rate: 1 }],
        throttleWriteIOPSDevice: [{ major: 8, minor: 0, rate: 1 }],
      },
      hugepageLimits: [{ pageSize: '2MB', limit: 1 }],
      unified: { 'memory.high': '1' },
    },
    rootfsPropagation: 'private',
    seccomp: {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      architectures: ['SCMP_ARCH_X86_64'],
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
      syscalls: [
        {
          names: ['clone'],
          action: 'SCMP_ACT_ALLOW',
          errnoRet: 1,
          args: [{ index: 0, value: 2114060288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
        },
      ],
    },
    sysctl: { 'net.ipv4.ip_forward': '1' },
    maskedPaths: ['/proc/kcore'],
    readonlyPaths: ['/proc/sys'],
    mountLabel: 'l',
  },
  annotations: { a: 'b' },
};

const STATE: RuntimeState = {
  ociVersion: '1.2.0',
  id: 'x',
  status: 'running',
  pid: 7,
  bundle: '/b',
  annotations: { a: 'b' },
};

t.test('image-spec', SKIP, (t) => {
  const fits = validator(t, 'image-spec');
  fits('image-manifest-schema.json', MANIFEST, { layers: [{ ...MANIFEST.config, size: -1 }] });
  fits('image-index-schema.json', INDEX, { manifests: 7 });
  fits('config-schema.json', CONFIG, { rootfs: { type: 'other', diff_ids: [] } });
  t.same(parseManifest(bytes(MANIFEST)), MANIFEST);
  t.same(parseImageIndex(bytes(INDEX)), INDEX);
  t.same(parseImageConfig(bytes(CONFIG)), CONFIG);
  t.end();
});

t.test('runtime-spec', SKIP, (t) => {
  const fits = validator(t, 'runtime-spec');
  fits('config-schema.json', RUNTIME_CONFIG, { process: { args: ['sh'] } });
  fits('state-schema.json', STATE, { status: 'paused' });
  t.same(parseRuntimeState(bytes(STATE)), STATE);
  t.end();
});

t.test('the schemas know every key that the types have', SKIP, (t) => {
  const strict = validator(t, 'runtime-spec', closed);
  strict('config-schema.json', RUNTIME_CONFIG, {
    linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', unknown: 1 } },
  });
  strict('config-schema.json', RUNTIME_CONFIG, { process: { cwd: '/', argz: [] } });
  strict('state-schema.json', STATE, { unknown: 1 });
  t.end();
});

/** Checks that a value fits, and that with `broken` in it, it does not. */
function validator(t: Test, spec: string, change: (schema: object) => void = () => undefined) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  const folder = new URL(`${spec}/`, VECTORS);
  for (const name of readdirSync(folder)) {
    const schema: object = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
    modernize(schema);
    change(schema);
    ajv.addSchema({ ...schema, $id: `http://schema/${name}` });
  }
  return (name: string, value: object, broken: object) => {
    const validate = ajv.getSchema(`http://schema/${name}`) as ValidateFunction;
    t.ok(validate(value), `${name}: ${ajv.errorsText(validate.errors)}`);
    t.notOk(validate({ ...value, ...broken }), `${name} can refuse`);
  };
}

/** Draft 4 to what ajv reads: these schemas differ only in how they name themselves. */
function modernize(schema: object): void {
  for (const [key, value] of Object.entries(schema)) {
    if (key === '$schema' || (key === 'id' && typeof value === 'string')) {
      Reflect.deleteProperty(schema, key);
    } else if (typeof value === 'object' && value !== null) modernize(value);
  }
}

/** Refuses keys that a schema does not name, but where one schema is built upon another. */
function closed(schema: object): void {
  if ('properties' in schema && !('additionalProperties' in schema)) {
    Object.assign(schema, { additionalProperties: false });
  }
  for (const [key, value] of Object.entries(schema)) {
    if (typeof value === 'object' && value !== null && !key.startsWith('blockIODevice'))
      closed(value);
  }
}
