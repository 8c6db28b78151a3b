import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject } from './common.js';
import { ImageRow } from './ls.js';

const Bytes = {
  contentSize: Type.Integer({ description: 'Bytes of files, as contentSize of an image' }),
  size: Type.Integer({ description: 'Bytes of blobs as they are stored, each once' }),
};

export const ImageRecord = strictObject({
  ...ImageRow.properties,
  labels: Type.Record(Type.String(), Type.String()),
  containers: Type.Array(Type.String(), { description: 'Ids of those that are made of it' }),
  standsOn: Type.Array(DigestText, {
    description:
      'The images with the most of its layers and no others; several if they have the same',
  }),
  shared: strictObject(Bytes, 'Of layers that another image in the store has too'),
  unique: strictObject(Bytes, 'Of layers that no other image in the store has'),
});
export type ImageRecord = Static<typeof ImageRecord>;

export const ChainRecord = strictObject({
  chainID: DigestText,
  parent: Type.Optional(DigestText),
  diffID: DigestText,
  contentSize: Type.Optional(Type.Integer()),
  command: Type.Optional(Type.String({ description: 'What made it' })),
  images: Type.Array(DigestText, { description: 'Of which this is the top layer' }),
});
export type ChainRecord = Static<typeof ChainRecord>;

export const ImagesDocument = documentOf('images', {
  images: Type.Array(ImageRecord, {
    description: 'Newest first; those that the filters let through',
  }),
  chains: Type.Array(ChainRecord, {
    description: 'The layers of these images by chainID, each once, parents first',
  }),
  totals: strictObject(
    { images: Type.Integer(), layers: Type.Integer(), ...Bytes },
    'Of all images in the store, filters or not; each layer once',
  ),
});
export type ImagesDocument = Static<typeof ImagesDocument>;
