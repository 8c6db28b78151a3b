import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject } from './common.js';

export const LowerRecord = strictObject({
  position: Type.Integer({ minimum: 1, description: 'As in lowerdir=: 1 is the top' }),
  role: Type.Union([
    Type.Literal('layer', { description: 'A layer of the image' }),
    Type.Literal('init', { description: 'Mount points that the runtime needs, not of the image' }),
    Type.Literal('unknown', { description: 'In the mount, but no layer of the image' }),
  ]),
  directory: Type.String({ description: 'Where it really is' }),
  link: Type.Optional(Type.String({ description: 'The short link that the mount names' })),
  layer: Type.Optional(
    strictObject({
      index: Type.Integer({ minimum: 1, description: '1 is the base' }),
      digest: Type.Optional(DigestText),
      diffID: DigestText,
      chainID: DigestText,
      createdBy: Type.Optional(Type.String()),
      command: Type.Optional(Type.String()),
    }),
  ),
  entries: Type.Optional(Type.Integer()),
  contentSize: Type.Optional(Type.Integer()),
});
export type LowerRecord = Static<typeof LowerRecord>;

export const OverlayDocument = documentOf('overlay', {
  mounted: Type.Boolean(),
  merged: Type.Optional(Type.String({ description: 'What the container sees' })),
  upper: Type.Optional(
    strictObject({
      directory: Type.String(),
      added: Type.Integer(),
      changed: Type.Integer(),
      deleted: Type.Integer(),
      contentSize: Type.Integer(),
    }),
  ),
  work: Type.Optional(Type.String()),
  lower: Type.Array(LowerRecord, { description: 'Top first, as in the mount' }),
  mountLine: Type.Optional(
    Type.String({ description: 'As /proc/self/mountinfo has it, escapes and all' }),
  ),
  features: Type.Array(strictObject({ name: Type.String(), value: Type.Optional(Type.String()) }), {
    description: 'Options of the mount beside its directories',
  }),
});
export type OverlayDocument = Static<typeof OverlayDocument>;
