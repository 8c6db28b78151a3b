import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject } from './common.js';

export const PruneDocument = documentOf('prune', {
  dryRun: Type.Boolean({ description: 'Nothing was removed' }),
  containers: Type.Array(
    strictObject({ id: Type.String(), name: Type.String(), image: Type.String() }),
  ),
  images: Type.Array(strictObject({ id: DigestText, references: Type.Array(Type.String()) })),
  blobs: Type.Array(DigestText),
  freed: strictObject(
    {
      containers: Type.Integer({ description: 'Bytes of files that containers have written' }),
      blobs: Type.Integer({ description: 'Bytes of stored blobs' }),
      unpacked: Type.Integer({ description: 'Bytes of files in unpacked layers' }),
      total: Type.Integer(),
    },
    'Sizes of files; what a file system needs to keep them comes on top',
  ),
});
export type PruneDocument = Static<typeof PruneDocument>;
