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
  ]),
  message: Type.String(),
  target: Type.String({ description: 'The subject concerned' }),
  pid: Pid,
  types: Type.Array(NamespaceTypeName),
});
export type NsFinding = Static<typeof NsFinding>;

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
});
export type NsDocument = Static<typeof NsDocument>;
