import { Type, type Static } from 'typebox';
import { documentOf, strictObject } from './common.js';
import { ContainerRow, ImageRow } from './ls.js';

const Foreign = (description: string) => Type.Unknown({ description });

export const InspectDocument = documentOf('inspect', {
  container: Type.Optional(
    strictObject({
      summary: ContainerRow,
      record: Foreign('What was written when it was created'),
      directories: strictObject({
        container: Type.Optional(Type.String()),
        upper: Type.Optional(Type.String()),
        work: Type.Optional(Type.String()),
        merged: Type.Optional(Type.String()),
        log: Type.Optional(Type.String()),
      }),
      bundle: Type.Optional(
        strictObject({
          directory: Type.String(),
          config: Foreign(
            'config.json by the runtime-spec, in its own spelling; null before it is written',
          ),
        }),
      ),
    }),
  ),
  image: Type.Optional(
    strictObject({
      summary: ImageRow,
      manifest: Foreign('By the image-spec, in its own spelling; null in an archive without one'),
      config: Foreign('By the image-spec, in its own spelling'),
    }),
  ),
});
export type InspectDocument = Static<typeof InspectDocument>;
