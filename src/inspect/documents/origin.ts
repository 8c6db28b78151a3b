import { Type, type Static } from 'typebox';
import { DigestText, strictObject } from './common.js';

/** Which layer of a stack, and what made it: the properties that blame, recover and waste share. */
export const originProperties = {
  layer: Type.Integer({ minimum: 1, description: '1 is the lowest' }),
  role: Type.Union([
    Type.Literal('layer', { description: 'of the image' }),
    Type.Literal('init', { description: 'mount points for the runtime' }),
    Type.Literal('upper', { description: 'what the container has written' }),
  ]),
  digest: Type.Optional(DigestText),
  diffID: Type.Optional(DigestText),
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

export const Origin = strictObject(originProperties);
export type Origin = Static<typeof Origin>;
