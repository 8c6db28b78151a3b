import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject } from './common.js';
import { entryProperties, EntryType, pathProperties } from './entry.js';

export const TreeLayer = strictObject({
  layer: Type.Integer({ minimum: 1, description: 'What `entries` refer to; 1 is the lowest' }),
  role: Type.Union([Type.Literal('layer'), Type.Literal('init'), Type.Literal('upper')]),
  diffID: Type.Optional(DigestText),
  command: Type.Optional(Type.String()),
});

export const TreeEntry = strictObject({
  ...pathProperties,
  ...entryProperties,
  layer: Type.Integer({ description: 'The layer its metadata and content come from' }),
  treeSize: Type.Optional(
    Type.Integer({
      description: 'Of a directory: bytes of the listed files beneath it, each file once',
    }),
  ),
  opaque: Type.Optional(
    Type.Literal(true, { description: 'A directory that hides what the layers below have in it' }),
  ),
  above: Type.Optional(
    Type.Literal(true, { description: 'Not asked for, but above something that was' }),
  ),
});
export type TreeEntry = Static<typeof TreeEntry>;

export const TreeDocument = documentOf('tree', {
  root: Type.String({ description: 'The path that was asked for' }),
  only: Type.Optional(
    strictObject(
      {
        layer: Type.Optional(Type.Integer()),
        filters: Type.Optional(Type.Array(Type.String())),
        kinds: Type.Optional(Type.Array(EntryType)),
      },
      'What the entries were chosen by; the totals count what was chosen',
    ),
  ),
  layers: Type.Array(TreeLayer),
  totals: strictObject({
    entries: Type.Integer(),
    files: Type.Integer(),
    directories: Type.Integer(),
    contentSize: Type.Integer({ description: 'Bytes of files, each hard-linked file once' }),
  }),
  entries: Type.Array(TreeEntry, { description: 'Parents before children' }),
  whiteouts: Type.Optional(
    Type.Array(strictObject(pathProperties), {
      description: 'What the layer `only.layer` deletes of those below; `entries` is its own view',
    }),
  ),
});
export type TreeDocument = Static<typeof TreeDocument>;
