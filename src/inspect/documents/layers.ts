import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject } from './common.js';

const Step = {
  createdBy: Type.Optional(
    Type.String({ description: 'The command that made it, as the history has it' }),
  ),
  command: Type.Optional(
    Type.String({ description: 'The same without what the builder puts around it' }),
  ),
  createdAt: Type.Optional(
    Type.String({ description: 'As the history has it: RFC 3339 by the spec' }),
  ),
};

export const LayerRecord = strictObject({
  index: Type.Integer({ minimum: 1, description: '1 is the base' }),
  digest: Type.Optional(DigestText),
  diffID: DigestText,
  chainID: DigestText,
  mediaType: Type.Optional(Type.String()),
  size: Type.Optional(Type.Integer({ description: 'Bytes of the blob as it is stored' })),
  uncompressedSize: Type.Optional(Type.Integer({ description: 'Bytes of the tar' })),
  contentSize: Type.Integer({
    description:
      'Bytes of files, each hard-linked file once, and of link texts: what Docker calls the size of a layer',
  }),
  entries: Type.Integer({ description: 'Paths the layer names, whiteouts included' }),
  whiteouts: Type.Integer({ description: 'Paths it deletes from the layers below' }),
  ...Step,
  directory: Type.Optional(Type.String({ description: 'Where it is unpacked' })),
  link: Type.Optional(Type.String({ description: 'Its short name in mount options' })),
  alsoIn: Type.Array(Type.String(), { description: 'Other images in the store that have it' }),
});
export type LayerRecord = Static<typeof LayerRecord>;

export const LayersDocument = documentOf('layers', {
  image: strictObject({
    id: DigestText,
    references: Type.Array(Type.String()),
    manifestDigest: Type.Optional(DigestText),
    platform: Type.String(),
    createdAt: Type.Optional(Type.String()),
  }),
  layers: Type.Array(LayerRecord, { description: 'Base first' }),
  upper: Type.Optional(
    strictObject(
      {
        directory: Type.String(),
        entries: Type.Integer(),
        contentSize: Type.Integer(),
      },
      'What a container has written, on top of the layers',
    ),
  ),
  history: Type.Array(
    strictObject({
      ...Step,
      layer: Type.Optional(Type.Integer({ description: 'The layer it made; absent for none' })),
      comment: Type.Optional(Type.String()),
      author: Type.Optional(Type.String()),
    }),
    { description: 'All steps, first to last, also those that made no layer' },
  ),
});
export type LayersDocument = Static<typeof LayersDocument>;
