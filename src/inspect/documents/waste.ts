import { Type, type Static } from 'typebox';
import { documentOf, strictObject } from './common.js';
import { pathProperties } from './entry.js';
import { originProperties } from './origin.js';

export const WasteLayer = strictObject({
  ...originProperties,
  size: Type.Integer({ description: 'Bytes of its files, each hard-linked file once' }),
  wasted: Type.Integer({ description: 'Of these, what no path of the final tree has' }),
});
export type WasteLayer = Static<typeof WasteLayer>;

export const WastedPath = strictObject({
  ...pathProperties,
  wasted: Type.Integer({ description: 'Bytes of all its versions that are not visible' }),
  versions: Type.Integer({ description: 'How many layers have a file there' }),
  layers: Type.Array(Type.Integer(), { description: 'Which, base first' }),
  visible: Type.Optional(
    Type.Integer({ description: 'The layer whose file is there at the end; absent for none' }),
  ),
});
export type WastedPath = Static<typeof WastedPath>;

export const RuleResult = strictObject({
  rule: Type.Union([
    Type.Literal('lowestEfficiency'),
    Type.Literal('highestWastedBytes'),
    Type.Literal('highestUserWastedPercent'),
  ]),
  status: Type.Union([Type.Literal('PASS'), Type.Literal('FAIL'), Type.Literal('SKIP')]),
  threshold: Type.Optional(Type.Number()),
  actual: Type.Optional(Type.Number({ description: 'Absent for what is infinite' })),
});
export type RuleResult = Static<typeof RuleResult>;

export const WasteDocument = documentOf('waste', {
  totals: strictObject({
    size: Type.Integer({ description: 'Bytes of all files in all layers' }),
    visible: Type.Integer(),
    wasted: Type.Integer({ description: 'Those that no path of the final tree has' }),
    efficiency: Type.Number({ description: 'visible to size; 1 when there are no bytes' }),
    paths: Type.Integer(),
  }),
  dive: strictObject(
    {
      efficiency: Type.Number(),
      wastedBytes: Type.Integer(),
      userWastedPercent: Type.Optional(
        Type.Number({ description: 'A ratio; absent for bytes wasted by layers that have none' }),
      ),
      sizeBytes: Type.Integer(),
      userSizeBytes: Type.Integer(),
    },
    'The figures of the program dive by its own definitions, for the layers of the image',
  ),
  rules: Type.Optional(
    Type.Array(RuleResult, {
      description: 'The verdict that was asked for, on the figures of dive',
    }),
  ),
  layers: Type.Array(WasteLayer, { description: 'Base first' }),
  paths: Type.Array(WastedPath, { description: 'Most wasted bytes first, then by path' }),
});
export type WasteDocument = Static<typeof WasteDocument>;
