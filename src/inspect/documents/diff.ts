import { Type, type Static } from 'typebox';
import { documentOf, strictObject, Subject } from './common.js';
import { EntryFacts, pathProperties } from './entry.js';

export const ChangeRecord = strictObject({
  kind: Type.Union([
    Type.Literal('A', { description: 'added' }),
    Type.Literal('C', { description: 'changed, or a directory in which something changed' }),
    Type.Literal('D', { description: 'deleted' }),
  ]),
  ...pathProperties,
  aspects: Type.Array(Type.String(), {
    description:
      'Of a C, what differs: type, content, mode, owner, size, link, device, xattrs, mtime',
  }),
  before: Type.Optional(EntryFacts),
  after: Type.Optional(EntryFacts),
});
export type ChangeRecord = Static<typeof ChangeRecord>;

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
  totals: strictObject({
    added: Type.Integer(),
    changed: Type.Integer(),
    deleted: Type.Integer(),
  }),
  changes: Type.Array(ChangeRecord, { description: 'Sorted by path' }),
});
export type DiffDocument = Static<typeof DiffDocument>;
