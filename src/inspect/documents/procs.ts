import { Type, type Static } from 'typebox';
import { documentOf, strictObject, Time } from './common.js';
import { CapabilitySets, ControlGroup, detailProperties } from './process-details.js';

const Pid = Type.Integer({ minimum: 0 });

export const HostUser = strictObject({
  uid: Type.Integer(),
  name: Type.Optional(Type.String({ description: "From the host's passwd" })),
});

const InsideUser = strictObject(
  {
    uid: Type.Optional(
      Type.Integer({ description: 'Absent when the uid map has no place for it' }),
    ),
    name: Type.Optional(Type.String({ description: 'From the passwd in the root of the process' })),
  },
  'Who the process is to itself; absent where that is what the host says',
);

const Cgroup = strictObject({
  path: Type.String(),
  controllers: Type.Array(Type.String(), {
    description: 'The hierarchies in which it has this path; "unified" is that of cgroup v2',
  }),
});

export const Command = strictObject({
  comm: Type.String({ description: 'The name the kernel keeps; the process can change it' }),
  argv: Type.Array(Type.String(), { description: 'As the process has it now; it can rewrite it' }),
  argvTruncated: Type.Optional(Type.Literal(true, { description: 'Longer than 64 KiB' })),
  commBase64: Type.Optional(Type.String({ description: 'The bytes, when they are not UTF-8' })),
  argvBase64: Type.Optional(
    Type.String({ description: 'The bytes, NUL between arguments, when they are not UTF-8' }),
  ),
});

export const ProcessRecord = strictObject({
  pid: Pid,
  pidInNamespaces: Type.Array(Pid, {
    description: 'From the outermost pid namespace that we see (its pid there is `pid`) inwards',
  }),
  ppid: Pid,
  supervisor: Type.Boolean({ description: 'Starts and watches the container; not part of it' }),
  belongsBy: Type.Array(
    Type.Union([Type.Literal('namespace'), Type.Literal('cgroup'), Type.Literal('descendant')]),
    {
      description:
        'Why it counts as part of the container: its pid namespace, its cgroup, or, where the container has neither of its own, its parentage. Empty for supervisors and for a whole host',
    },
  ),
  user: HostUser,
  userInside: Type.Optional(InsideUser),
  tty: Type.Optional(Type.String({ description: 'Below /dev, in its own mount namespace' })),
  state: Type.String({ description: 'R, S, D, Z, T, t, I, X: proc_pid_stat(5)' }),
  processGroup: Pid,
  session: Pid,
  foreground: Type.Boolean({ description: 'In the foreground process group of its terminal' }),
  nice: Type.Integer(),
  threads: Type.Integer(),
  startTicks: Type.Integer({
    description: 'Hundredths of a second after boot; with the pid, its identity',
  }),
  startedAt: Type.Optional(Time),
  cpuSeconds: Type.Number({ description: 'User and system time' }),
  rss: Type.Integer({ description: 'Resident memory in bytes' }),
  virtualSize: Type.Integer({ description: 'Bytes' }),
  cgroups: Type.Array(Cgroup),
  command: Command,
  exe: Type.Optional(
    Type.String({ description: 'In its own mount namespace; ends in " (deleted)" when unlinked' }),
  ),
  exeBase64: Type.Optional(Type.String()),
  kernelThread: Type.Boolean(),
  ...detailProperties,
});
export type ProcessRecord = Static<typeof ProcessRecord>;

export const ProcsFinding = strictObject({
  code: Type.Union([
    Type.Literal('outside-cgroup', {
      description: "In the container's pid namespace, but not in its cgroup",
    }),
    Type.Literal('outside-namespace', {
      description: "In the container's cgroup, but not in its pid namespace",
    }),
    Type.Literal('executable-in-upper', {
      description: 'Runs a program that the container has written after its start',
    }),
    Type.Literal('executable-deleted', {
      description: 'Runs a program of a layer or a mount that has no name any more',
    }),
    Type.Literal('executable-in-memory', { description: 'Runs a program that is no file' }),
    Type.Literal('library-in-upper', {
      description: 'Has code mapped that the container has written, or that is no file',
    }),
    Type.Literal('preload', { description: 'The dynamic linker loads more than it was built for' }),
    Type.Literal('less-confined', {
      description: 'Has more capabilities than the init, or less of what confines that',
    }),
  ]),
  message: Type.String(),
  pid: Pid,
});
export type ProcsFinding = Static<typeof ProcsFinding>;

export const ProcsDocument = documentOf('procs', {
  init: Type.Optional(
    Type.Integer({ description: 'Pid on the host of the first process of the container' }),
  ),
  processes: Type.Array(ProcessRecord, {
    description: 'Parents before children, children by pid',
  }),
  capabilitySets: Type.Optional(CapabilitySets),
  controlGroups: Type.Optional(
    Type.Array(ControlGroup, { description: 'Of these processes: what each uses and may use' }),
  ),
  findings: Type.Array(ProcsFinding),
});
export type ProcsDocument = Static<typeof ProcsDocument>;
