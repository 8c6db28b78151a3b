import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject } from './common.js';
import { entryProperties, pathProperties } from './entry.js';

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
});
export type TreeEntry = Static<typeof TreeEntry>;

export const TreeDocument = documentOf('tree', {
  root: Type.String({ description: 'The path that was asked for' }),
  layers: Type.Array(TreeLayer),
  totals: strictObject({
    entries: Type.Integer(),
    files: Type.Integer(),
    directories: Type.Integer(),
    contentSize: Type.Integer({ description: 'Bytes of files, each hard-linked file once' }),
  }),
  entries: Type.Array(TreeEntry, { description: 'Parents before children' }),
});
export type TreeDocument = Static<typeof TreeDocument>;
