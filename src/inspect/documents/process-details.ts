// What a process is made of and what confines it: the parts of `procs` that are optional in it.
import { Type, type Static } from 'typebox';
import { strictObject } from './common.js';

const Mask = Type.String({ pattern: '^[0-9a-f]{16}$' });

export const CapabilityMasks = strictObject(
  { effective: Mask, permitted: Mask, inheritable: Mask, bounding: Mask, ambient: Mask },
  'As /proc/PID/status has them; `capabilitySets` of the document names what is in each',
);

export const Seccomp = strictObject({
  mode: Type.Union([Type.Literal('disabled'), Type.Literal('strict'), Type.Literal('filter')]),
  filters: Type.Optional(Type.Integer({ description: 'How many filters; since Linux 5.9' })),
});

export const FileOrigin = strictObject({
  kind: Type.Union([
    Type.Literal('layer', { description: 'A layer of the image' }),
    Type.Literal('init', { description: 'The layer with mount points for the runtime' }),
    Type.Literal('upper', { description: 'The container has written it after its start' }),
    Type.Literal('mount', { description: 'Another file system mounted into the container' }),
    Type.Literal('memory', { description: 'memfd_create(2): in memory only, without a name' }),
    Type.Literal('root', { description: 'A root file system that has no layers' }),
    Type.Literal('host', { description: 'The file system of the host' }),
    Type.Literal('unknown', { description: 'Found in none of these' }),
  ]),
  layer: Type.Optional(
    Type.Integer({ minimum: 1, description: 'Of the image, 1 is the lowest; absent if unknown' }),
  ),
  mountPoint: Type.Optional(Type.String()),
  mountPointBase64: Type.Optional(Type.String()),
  fileSystem: Type.Optional(Type.String({ description: 'Its type: ext4, tmpfs' })),
  source: Type.Optional(Type.String({ description: 'As mountinfo has it' })),
  root: Type.Optional(Type.String({ description: 'What of that file system is mounted' })),
});
export type FileOrigin = Static<typeof FileOrigin>;

const LayerFile = strictObject({
  path: Type.String(),
  pathBase64: Type.Optional(Type.String()),
  role: Type.Union([Type.Literal('layer'), Type.Literal('init'), Type.Literal('upper')]),
  layer: Type.Optional(Type.Integer({ minimum: 1 })),
});
export type LayerFile = Static<typeof LayerFile>;

export const Executable = strictObject({
  origin: FileOrigin,
  deleted: Type.Boolean({ description: 'Has no name any more; /proc/PID/exe still reads it' }),
  size: Type.Integer({ description: 'Bytes' }),
  sha256: Type.Optional(
    Type.String({
      pattern: '^[0-9a-f]{64}$',
      description:
        'Of what runs, read through /proc/PID/exe, where it is deleted, in memory or from the upper layer',
    }),
  ),
  sameContent: Type.Optional(
    Type.Array(LayerFile, {
      description: 'Files of the layers below with that sha256: the first 5, by layer and path',
    }),
  ),
  samePath: Type.Optional(
    strictObject(
      {
        role: Type.Union([Type.Literal('layer'), Type.Literal('init')]),
        layer: Type.Optional(Type.Integer({ minimum: 1 })),
        equal: Type.Boolean({ description: 'Has the same content' }),
      },
      'The file of this path in the topmost layer below that has one',
    ),
  ),
});
export type Executable = Static<typeof Executable>;

export const MappedLibrary = strictObject({
  path: Type.String(),
  pathBase64: Type.Optional(Type.String()),
  deleted: Type.Boolean(),
  origin: FileOrigin,
});
export type MappedLibrary = Static<typeof MappedLibrary>;

export const PreloadRecord = strictObject({
  source: Type.Union([
    Type.Literal('LD_PRELOAD'),
    Type.Literal('LD_AUDIT'),
    Type.Literal('/etc/ld.so.preload'),
  ]),
  value: Type.String(),
});

const SocketAddress = strictObject({ address: Type.String(), port: Type.Integer() });

export const SocketRecord = strictObject({
  fds: Type.Array(Type.Integer(), { description: 'Descriptors that refer to it' }),
  inode: Type.String({ pattern: '^[0-9]+$' }),
  protocol: Type.String({
    description:
      'The table of /proc/PID/net that has it: tcp, tcp6, udp, unix, packet, …; "unknown" for one of another network namespace or of a family without a table',
  }),
  listening: Type.Boolean({ description: 'Waits for others: listen(2), or udp without a peer' }),
  state: Type.Optional(Type.String({ description: 'In the words of ss(8)' })),
  local: Type.Optional(SocketAddress),
  remote: Type.Optional(SocketAddress),
  type: Type.Optional(Type.String({ description: 'Of unix: stream, datagram, seqpacket' })),
  path: Type.Optional(Type.String({ description: 'Of unix; "@" begins an abstract name' })),
  pathBase64: Type.Optional(Type.String()),
});
export type SocketRecord = Static<typeof SocketRecord>;

/** What only a close look at a process shows; each part is absent where nobody looked. */
export const detailProperties = {
  capabilities: Type.Optional(CapabilityMasks),
  seccomp: Type.Optional(Seccomp),
  noNewPrivs: Type.Optional(Type.Boolean({ description: 'prctl(2), PR_SET_NO_NEW_PRIVS' })),
  label: Type.Optional(Type.String({ description: 'Of AppArmor, SELinux or Smack' })),
  controlGroup: Type.Optional(
    Type.Integer({ minimum: 0, description: 'Which of `controlGroups` it is in' }),
  ),
  executable: Type.Optional(Executable),
  libraries: Type.Optional(
    Type.Array(MappedLibrary, {
      description: 'Mapped as code and of no layer of the image; not the executable itself',
    }),
  ),
  preload: Type.Optional(Type.Array(PreloadRecord)),
  sockets: Type.Optional(Type.Array(SocketRecord, { description: 'Listening ones first' })),
  socketsLeft: Type.Optional(
    Type.Integer({ minimum: 1, description: 'How many descriptors were not looked at' }),
  ),
};

export const ControlGroup = strictObject({
  number: Type.Integer({ minimum: 0 }),
  cgroups: Type.Array(
    strictObject({ path: Type.String(), controllers: Type.Array(Type.String()) }),
  ),
  processes: Type.Integer({ description: 'How many of those in this document' }),
  memory: Type.Optional(Type.Integer({ description: 'Bytes in use' })),
  memoryPeak: Type.Optional(Type.Integer()),
  memoryLimit: Type.Optional(
    Type.Integer({ description: 'Absent when there is none, like the other limits' }),
  ),
  pids: Type.Optional(Type.Integer({ description: 'Processes and threads' })),
  pidsLimit: Type.Optional(Type.Integer()),
  cpuNanoseconds: Type.Optional(Type.Integer()),
  cpuLimit: Type.Optional(Type.Number({ description: 'In processors: 0.5 is half of one' })),
  limitedBy: Type.Optional(
    strictObject(
      {
        memoryLimit: Type.Optional(Type.String()),
        pidsLimit: Type.Optional(Type.String()),
        cpuLimit: Type.Optional(Type.String()),
      },
      'The cgroup above it that sets the limit',
    ),
  ),
});
export type ControlGroup = Static<typeof ControlGroup>;

export const CapabilitySets = Type.Record(Type.String(), Type.Array(Type.String()), {
  description: 'For each mask among the processes, the capabilities in it: capabilities(7)',
});
