import { Type, type Static } from 'typebox';
import { documentOf, strictObject } from './common.js';
import { EntryFacts, pathProperties } from './entry.js';
import { originProperties } from './origin.js';

const Kind = Type.Union(
  [
    Type.Literal('added'),
    Type.Literal('remade', { description: 'made again after it had been gone' }),
    Type.Literal('changed', { description: 'in what `aspects` lists' }),
    Type.Literal('repeated', { description: 'shipped once more with nothing changed' }),
    Type.Literal('replaced', { description: 'by something of another type' }),
    Type.Literal('moved', { description: 'a directory around it was renamed to where it is' }),
    Type.Literal('deleted', { description: 'by a whiteout, of it or of a directory around it' }),
    Type.Literal('hidden', {
      description: 'by a directory around it that is opaque, or no directory any more',
    }),
    Type.Literal('void', { description: 'a whiteout of what was not there' }),
  ],
  { description: 'What the layer did to the path' },
);

export const BlameEvent = strictObject({
  ...originProperties,
  kind: Kind,
  ...pathProperties,
  visible: Type.Boolean({ description: 'This is the version that is there at the end' }),
  aspects: Type.Array(Type.String(), {
    description: 'What differs: type, content, mode, owner, size, link, device, xattrs, mtime',
  }),
  by: Type.Optional(
    strictObject(
      {
        ...pathProperties,
        what: Type.Union([
          Type.Literal('whiteout'),
          Type.Literal('opaque'),
          Type.Literal('renamed'),
          Type.Literal('not-a-directory'),
        ]),
      },
      'What of the layer took the path away: of deleted, hidden and void',
    ),
  ),
  from: Type.Optional(
    Type.String({ description: 'Of a moved path: what the layers below call it' }),
  ),
  entry: Type.Optional(EntryFacts),
  contentLayer: Type.Optional(
    Type.Integer({ description: 'Where the content is, if only the metadata is here (metacopy)' }),
  ),
  opaque: Type.Optional(
    Type.Literal(true, { description: 'The directory hides what the layers below have in it' }),
  ),
  children: Type.Optional(
    strictObject(
      {
        entries: Type.Integer(),
        whiteouts: Type.Integer(),
      },
      'Of a directory: what the layer has right beneath it',
    ),
  ),
});
export type BlameEvent = Static<typeof BlameEvent>;

export const BlameDocument = documentOf('blame', {
  ...pathProperties,
  layers: Type.Integer({ description: 'How many there are' }),
  visible: Type.Optional(
    Type.Integer({
      description: 'The layer whose version is there at the end; absent when the path is not',
    }),
  ),
  events: Type.Array(BlameEvent, {
    description: 'Base first; layers that leave the path alone have none',
  }),
});
export type BlameDocument = Static<typeof BlameDocument>;
