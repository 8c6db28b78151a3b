import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject } from './common.js';
import { LayersDocument } from './layers.js';

export const StepRecord = strictObject({
  createdAt: Type.Optional(Type.String({ description: 'As written: RFC 3339 by the spec' })),
  createdBy: Type.Optional(Type.String()),
  command: Type.Optional(Type.String({ description: 'createdBy without what a builder adds' })),
  comment: Type.Optional(Type.String()),
  author: Type.Optional(Type.String()),
  contentSize: Type.Integer({ description: 'Of the layer that it made; 0 for none' }),
  layer: Type.Optional(
    strictObject({
      index: Type.Integer({ minimum: 1 }),
      digest: DigestText,
      diffID: DigestText,
      chainID: DigestText,
    }),
  ),
});
export type StepRecord = Static<typeof StepRecord>;

export const HistoryDocument = documentOf('history', {
  image: LayersDocument.properties.image,
  steps: Type.Array(StepRecord, { description: 'First step first' }),
});
export type HistoryDocument = Static<typeof HistoryDocument>;
