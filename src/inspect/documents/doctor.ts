import { Type, type Static } from 'typebox';
import { documentOf, strictObject } from './common.js';

export const Check = strictObject({
  name: Type.String(),
  status: Type.Union([
    Type.Literal('ok'),
    Type.Literal('limited', { description: 'Something works without it' }),
    Type.Literal('missing', { description: 'What it is needed for does not work' }),
  ]),
  found: Type.String({ description: 'What is there' }),
  neededFor: Type.String(),
  remedy: Type.Optional(Type.String({ description: 'How to get it' })),
});
export type Check = Static<typeof Check>;

export const DoctorDocument = documentOf('doctor', {
  checks: Type.Array(Check),
});
export type DoctorDocument = Static<typeof DoctorDocument>;
