import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject, Time } from './common.js';
import { NamespaceTypeName } from './ns.js';
import { Command } from './procs.js';

export const ContainerRow = strictObject({
  engine: Type.String(),
  id: Type.String(),
  name: Type.String(),
  image: Type.Optional(Type.String({ description: 'As it was asked for' })),
  imageID: Type.Optional(DigestText),
  command: Type.Array(Type.String()),
  state: Type.Union([
    Type.Literal('created'),
    Type.Literal('running'),
    Type.Literal('paused'),
    Type.Literal('restarting'),
    Type.Literal('exited'),
  ]),
  recordedState: Type.Optional(
    Type.String({ description: 'What its engine wrote last, where that is not so (any more)' }),
  ),
  createdAt: Type.Optional(Time),
  startedAt: Type.Optional(Time),
  finishedAt: Type.Optional(Time),
  exitCode: Type.Optional(Type.Integer({ description: 'Absent also when nobody saw it end' })),
  error: Type.Optional(Type.String({ description: 'Why it did not run or how it was lost' })),
  oomKilled: Type.Optional(
    Type.Literal(true, { description: 'The kernel killed a process of it at its memory limit' }),
  ),
  health: Type.Optional(
    Type.Union([Type.Literal('starting'), Type.Literal('healthy'), Type.Literal('unhealthy')], {
      description: 'What its checks say, while it runs and has some',
    }),
  ),
  pid: Type.Optional(Type.Integer({ description: 'Of its first process, on the host' })),
  labels: Type.Record(Type.String(), Type.String()),
  ports: Type.Optional(
    Type.Array(Type.String(), { description: 'Published: "127.0.0.1:8080->80/tcp"' }),
  ),
});
export type ContainerRow = Static<typeof ContainerRow>;

export const ImageRow = strictObject({
  engine: Type.String(),
  id: DigestText,
  references: Type.Array(Type.String()),
  digest: DigestText,
  platform: Type.String(),
  createdAt: Type.Optional(Type.String()),
  layers: Type.Integer(),
  size: Type.Optional(
    Type.Integer({
      description: 'Bytes of the layers as they are stored; absent where the engine has no blobs',
    }),
  ),
  contentSize: Type.Optional(
    Type.Integer({ description: 'Bytes of files in all layers; absent when a layer has no index' }),
  ),
});
export type ImageRow = Static<typeof ImageRow>;

export const UnmanagedRow = strictObject({
  pid: Type.Integer({ description: 'The eldest of them' }),
  processes: Type.Integer({ description: 'In the same namespaces' }),
  namespaces: Type.Array(strictObject({ type: NamespaceTypeName, inode: Type.String() }), {
    description: 'Those that are not of the host',
  }),
  command: Command,
  startedAt: Type.Optional(Time),
});
export type UnmanagedRow = Static<typeof UnmanagedRow>;

export const LsDocument = documentOf('ls', {
  containers: Type.Array(ContainerRow, { description: 'Newest first' }),
  unmanaged: Type.Array(UnmanagedRow, {
    description: 'Processes in namespaces of their own that no engine claims; of a live host only',
  }),
  images: Type.Array(ImageRow, { description: 'By name' }),
});
export type LsDocument = Static<typeof LsDocument>;
