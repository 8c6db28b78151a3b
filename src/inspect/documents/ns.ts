import { Type, type Static } from 'typebox';
import { documentOf, strictObject } from './common.js';
import { Command, HostUser } from './procs.js';

const Pid = Type.Integer({ minimum: 0 });
const Inode = Type.String({ pattern: '^[0-9]+$', description: 'On nsfs; names it with its type' });

export const NamespaceTypeName = Type.Union([
  Type.Literal('mnt'),
  Type.Literal('pid'),
  Type.Literal('net'),
  Type.Literal('ipc'),
  Type.Literal('uts'),
  Type.Literal('user'),
  Type.Literal('cgroup'),
  Type.Literal('time'),
]);

const NamespaceMembership = strictObject({
  type: NamespaceTypeName,
  inode: Inode,
  host: Type.Boolean({ description: "The host's own: nothing of this kind is isolated" }),
  forChildren: Type.Optional(
    Type.String({ description: 'Inode of the one that new children will be in, when another' }),
  ),
});

export const NamespaceSubjectRecord = strictObject({
  target: Type.String(),
  engine: Type.String(),
  name: Type.Optional(Type.String()),
  pid: Type.Optional(Type.Integer({ description: 'Whose namespaces these are; absent when gone' })),
  namespaces: Type.Array(NamespaceMembership, {
    description:
      'Empty when it is not running or may not be read; without the types this kernel has not',
  }),
});
export type NamespaceSubjectRecord = Static<typeof NamespaceSubjectRecord>;

const Holder = strictObject(
  {
    mountPoint: Type.String(),
    mountPointBase64: Type.Optional(Type.String()),
    mountNamespace: Type.String({ description: 'Inode of the mount namespace that has the mount' }),
    pid: Type.Integer({ description: 'A process in that mount namespace' }),
  },
  'An nsfs mount, which keeps the namespace when its last process is gone',
);

const IdRange = strictObject({
  inside: Type.Integer(),
  outside: Type.Integer({ description: 'As the host sees it' }),
  count: Type.Integer(),
});

export const NamespaceRecord = strictObject({
  type: NamespaceTypeName,
  inode: Inode,
  host: Type.Boolean(),
  processes: Type.Integer({ description: 'How many are in it' }),
  sharedBy: Type.Array(
    strictObject({
      target: Type.String(),
      name: Type.Optional(Type.String()),
      processes: Type.Integer(),
    }),
    { description: 'The containers and processes we know that have members in it' },
  ),
  otherProcesses: strictObject(
    {
      count: Type.Integer(),
      pids: Type.Array(Pid, { description: 'The lowest of them, 20 at most' }),
    },
    'Members that belong to none of those',
  ),
  lowest: Type.Optional(
    strictObject({ pid: Pid, user: HostUser, command: Command }, 'The member with the lowest pid'),
  ),
  heldBy: Type.Array(Holder),
  owner: Type.Optional(
    Type.String({ description: 'Inode of the user namespace whose capabilities count in it' }),
  ),
  parent: Type.Optional(Type.String({ description: 'Inode; user and pid namespaces have one' })),
  openIn: Type.Optional(
    strictObject(
      {
        count: Type.Integer(),
        descriptors: Type.Array(strictObject({ pid: Pid, fd: Type.Integer() }), {
          description: 'The first of them, 20 at most',
        }),
      },
      'Open files that refer to it, which keep it as a mount does; absent when there are none',
    ),
  ),
  awaitedBy: Type.Optional(
    Type.Array(Pid, { description: 'Processes whose next children will be in it, 20 at most' }),
  ),
  ownerUid: Type.Optional(
    Type.Integer({ description: 'Of a user namespace: who made it, as the host sees it' }),
  ),
  uidMap: Type.Optional(
    Type.Array(IdRange, { description: 'Of a user namespace other than the first' }),
  ),
});
export type NamespaceRecord = Static<typeof NamespaceRecord>;

export const NsFinding = strictObject({
  code: Type.Union([
    Type.Literal('outsider-in-namespace', {
      description: 'A process in namespaces of the subject that is no part of it',
    }),
    Type.Literal('member-in-host-namespace', {
      description: "A process of the subject that is in the host's namespace instead of its own",
    }),
    Type.Literal('member-outside-namespace', {
      description: "A process in the subject's cgroup, but in the pid namespace of somebody else",
    }),
  ]),
  message: Type.String(),
  target: Type.String({ description: 'The subject concerned' }),
  pid: Pid,
  types: Type.Array(NamespaceTypeName),
  processes: Type.Optional(
    Type.Array(Pid, {
      description: 'All that came in together: who entered, who waits for it, what it started',
    }),
  ),
});
export type NsFinding = Static<typeof NsFinding>;

export const IsolationFact = strictObject({
  target: Type.String({ description: 'The subject concerned' }),
  code: Type.Union([
    Type.Literal('privileged', { description: 'Every capability and no seccomp filter' }),
    Type.Literal('host-namespace', { description: "It is in the host's namespace of `type`" }),
    Type.Literal('engine-socket', { description: 'The socket of a container engine is mounted' }),
    Type.Literal('host-root', { description: 'The root of the host is mounted' }),
    Type.Literal('host-path', { description: 'A directory that the host lives on is mounted' }),
    Type.Literal('host-devices', { description: "The host's /dev is mounted" }),
    Type.Literal('host-proc', { description: "The host's /proc is mounted" }),
    Type.Literal('writable-cgroup'),
    Type.Literal('writable-proc-sys'),
    Type.Literal('writable-sys'),
    Type.Literal('dangerous-capability'),
    Type.Literal('no-seccomp'),
    Type.Literal('no-security-label', { description: 'Of AppArmor, SELinux or Smack' }),
    Type.Literal('new-privileges', { description: 'no-new-privs is off' }),
  ]),
  effect: Type.Union([
    Type.Literal('escape', { description: 'Root inside can act as root on the host' }),
    Type.Literal('weaker', { description: 'A barrier that is not there' }),
  ]),
  message: Type.String({ description: 'What is so' }),
  reason: Type.String({ description: 'Why it matters' }),
  type: Type.Optional(NamespaceTypeName),
  capability: Type.Optional(Type.String()),
  mountPoint: Type.Optional(Type.String()),
  hostPath: Type.Optional(Type.String({ description: 'What is mounted there' })),
});
export type IsolationFact = Static<typeof IsolationFact>;

export const NsDocument = documentOf('ns', {
  host: strictObject(
    {
      pid: Type.Integer({ description: 'Whose namespaces count as those of the host' }),
      namespaces: Type.Array(strictObject({ type: NamespaceTypeName, inode: Inode })),
    },
    'What the subjects are compared with',
  ),
  subjects: Type.Array(NamespaceSubjectRecord, {
    description: 'One row each; empty when the question was about the whole machine',
  }),
  namespaces: Type.Array(NamespaceRecord, {
    description: 'Every namespace that a subject is in, or every one of the machine',
  }),
  findings: Type.Array(NsFinding),
  isolation: Type.Optional(
    Type.Array(IsolationFact, {
      description: 'What of the subjects is not isolated; absent for the whole machine',
    }),
  ),
});
export type NsDocument = Static<typeof NsDocument>;
