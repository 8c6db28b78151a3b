import { Type, type Static } from 'typebox';
import { documentOf, strictObject, Subject } from './common.js';
import { EntryFacts, pathProperties } from './entry.js';

const ChangeKind = Type.Union([
  Type.Literal('A', { description: 'added' }),
  Type.Literal('C', { description: 'changed, or a directory in which something changed' }),
  Type.Literal('D', { description: 'deleted' }),
]);

export const ContentChange = Type.Union(
  [
    strictObject({
      kind: Type.Literal('text'),
      patch: Type.String({ description: 'Hunks of a unified diff; the text as it is' }),
    }),
    strictObject({ kind: Type.Literal('binary') }),
    strictObject({
      kind: Type.Literal('over-limit'),
      limit: Type.String({ description: 'What it has too much of' }),
    }),
    strictObject({ kind: Type.Literal('unreadable'), message: Type.String() }),
  ],
  { description: 'With --content: what differs within a file' },
);
export type ContentChange = Static<typeof ContentChange>;

export const ChangeRecord = strictObject({
  kind: ChangeKind,
  ...pathProperties,
  aspects: Type.Array(Type.String(), {
    description:
      'Of a C, what differs: type, content, mode, owner, size, link, hardLink, device, capabilities, xattrs, mtime',
  }),
  movedTo: Type.Optional(
    Type.String({ description: 'Of a D: an added path that has the same content' }),
  ),
  movedFrom: Type.Optional(
    Type.String({ description: 'Of an A: a deleted path that had the same content' }),
  ),
  madeBy: Type.Optional(
    Type.Literal('engine', {
      description: 'A place to mount on that engines make themselves, or a directory above such',
    }),
  ),
  before: Type.Optional(EntryFacts),
  after: Type.Optional(EntryFacts),
  content: Type.Optional(ContentChange),
});
export type ChangeRecord = Static<typeof ChangeRecord>;

const counts = {
  added: Type.Integer(),
  changed: Type.Integer(),
  deleted: Type.Integer(),
  bytesAdded: Type.Integer({
    description: 'Of added files, and of changed ones all that they have now',
  }),
  bytesDeleted: Type.Integer({
    description: 'Of deleted files, and of changed ones all that they had',
  }),
};

export const DirectoryCounts = strictObject({ ...pathProperties, ...counts });
export type DirectoryCounts = Static<typeof DirectoryCounts>;

export const ConfigChange = strictObject({
  kind: ChangeKind,
  field: Type.String({ description: 'As the image config calls it: Env, Cmd, Labels' }),
  name: Type.Optional(Type.String({ description: 'Of a variable, label, port or volume' })),
  before: Type.Optional(Type.Unknown({ description: 'As the config has it' })),
  after: Type.Optional(Type.Unknown()),
});
export type ConfigChange = Static<typeof ConfigChange>;

export const DiffDocument = documentOf('diff', {
  before: Subject,
  after: Subject,
  sense: Type.Union(
    [
      Type.Literal('container', {
        description: 'What a container changed, as `docker diff` counts it',
      }),
      Type.Literal('trees', { description: 'Every path that differs between two trees' }),
    ],
    { description: 'Which question was answered' },
  ),
  only: Type.Optional(
    strictObject(
      {
        kinds: Type.Optional(Type.Array(ChangeKind)),
        paths: Type.Optional(Type.Array(Type.String())),
        ignored: Type.Optional(Type.Array(Type.String())),
      },
      'What the changes were chosen by; all counts are of what was chosen',
    ),
  ),
  totals: strictObject({
    ...counts,
    moved: Type.Integer({ description: 'Pairs of a D and an A with the same content' }),
    byEngine: Type.Integer({
      description: "Changes that the engine made; the rest are a person's",
    }),
  }),
  directories: Type.Array(DirectoryCounts, {
    description: 'The changes by the top directory that they are in',
  }),
  config: Type.Optional(
    Type.Array(ConfigChange, { description: 'Between two images: what differs beside files' }),
  ),
  changes: Type.Array(ChangeRecord, { description: 'Sorted by path' }),
});
export type DiffDocument = Static<typeof DiffDocument>;
