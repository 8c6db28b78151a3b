import { Type, type Static } from 'typebox';
import { documentOf, strictObject } from './common.js';
import { entryProperties, pathProperties } from './entry.js';
import { Origin } from './origin.js';

const Fate = Type.Union([
  Type.Literal('deleted', { description: 'by a whiteout, of it or of a directory around it' }),
  Type.Literal('hidden', { description: 'by a directory around it that was made anew' }),
  Type.Literal('replaced', {
    description: 'by something of another type, in its place or in that of a directory around it',
  }),
  Type.Literal('overwritten', { description: 'by something of the same type' }),
]);

export const LostEntry = strictObject({
  ...pathProperties,
  ...entryProperties,
  layer: Type.Integer({ description: 'The layer that still has it' }),
  fate: Fate,
  goneIn: Type.Integer({ description: 'The layer that took it away' }),
  by: Type.String({ description: 'The path in that layer that did it' }),
  byBase64: Type.Optional(Type.String()),
  command: Type.Optional(Type.String({ description: 'What made the layer that took it away' })),
  stillAt: Type.Optional(
    Type.String({
      description: 'A path of the final tree with the very same content: nothing is lost',
    }),
  ),
  stillAtBase64: Type.Optional(Type.String()),
  get: Type.Optional(Type.String({ description: 'The command that writes a file to stdout' })),
});
export type LostEntry = Static<typeof LostEntry>;

export const RecoverDocument = documentOf('recover', {
  layers: Type.Array(Origin, { description: 'Base first' }),
  totals: strictObject({
    entries: Type.Integer(),
    files: Type.Integer(),
    size: Type.Integer({ description: 'Bytes of the files, each hard-linked file once' }),
    deleted: Type.Integer(),
    hidden: Type.Integer(),
    replaced: Type.Integer(),
    overwritten: Type.Integer(),
    unique: strictObject(
      { files: Type.Integer(), size: Type.Integer() },
      'Those of the files whose content is nowhere in the final tree',
    ),
  }),
  entries: Type.Array(LostEntry, {
    description: 'Deleted ones first, then by path, then by layer',
  }),
});
export type RecoverDocument = Static<typeof RecoverDocument>;
