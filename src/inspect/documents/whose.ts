import { Type, type Static } from 'typebox';
import { DigestText, documentOf, strictObject } from './common.js';

const RELATIONS = {
  layer: 'a layer: below what containers write to, or of an image',
  init: 'the layer that the engine puts between the image and the container',
  upper: 'what the container itself wrote',
  work: 'the work directory of its overlay',
  merged: 'its files as it sees them',
  home: 'where its engine keeps what it writes of it',
  log: 'its log',
  bundle: 'its config.json and what lies beside it',
  mount: 'a directory or a volume of the host that is mounted in it',
  store: "a directory of the engine that is nobody's in particular",
  config: 'the ID of an image: the digest of its config',
  manifest: 'what the name of an image stands for',
  blob: 'the stored blob of a layer',
  diffID: 'a layer, uncompressed',
  chainID: 'a layer with all below it',
  id: 'the id of a container',
  initProcess: 'the first process of a container',
  process: 'one of its processes',
  supervisor: 'what starts and watches it',
  namespace: 'a namespace that it is in',
  interface: 'the end on the host of a pair whose other end is in it',
  file: 'a file in one of its layers',
} as const;
export type Relation = keyof typeof RELATIONS;

const Layer = strictObject({
  number: Type.Optional(Type.Integer({ description: 'In the image named; 1 is the base' })),
  diffID: Type.Optional(DigestText),
  chainID: Type.Optional(DigestText),
  directory: Type.Optional(Type.String()),
});

const Answer = strictObject({
  relation: Type.Unsafe<Relation>(
    Type.Union(
      Object.entries<string>(RELATIONS).map(([key, description]) =>
        Type.Literal(key, { description }),
      ),
    ),
  ),
  engine: Type.String({ description: 'host: of no engine' }),
  container: Type.Optional(
    strictObject({ id: Type.String(), name: Type.String(), state: Type.String() }),
  ),
  image: Type.Optional(strictObject({ id: DigestText, name: Type.String() })),
  layer: Type.Optional(Layer),
  path: Type.Optional(
    Type.String({ description: 'In the layer, the container, or the directory mounted' }),
  ),
  pathBase64: Type.Optional(Type.String()),
  file: Type.Optional(Type.String({ description: 'On the host: the place that answered' })),
  fileBase64: Type.Optional(Type.String()),
  namespace: Type.Optional(
    strictObject({ type: Type.String(), inode: Type.String({ pattern: '^[0-9]+$' }) }),
  ),
  pids: Type.Optional(Type.Array(Type.Integer(), { description: 'On the host' })),
  command: Type.Optional(Type.String({ description: 'Of the first of these' })),
  interface: Type.Optional(Type.String({ description: 'Its name inside' })),
  target: Type.Optional(Type.String({ description: 'What to ask other commands with' })),
});
export type WhoseAnswer = Static<typeof Answer>;

export const WhoseDocument = documentOf('whose', {
  thing: strictObject({
    text: Type.String(),
    kind: Type.Union([
      Type.Literal('path'),
      Type.Literal('pid'),
      Type.Literal('inode'),
      Type.Literal('namespace'),
      Type.Literal('interface'),
      Type.Literal('digest'),
    ]),
  }),
  answers: Type.Array(Answer, { description: 'The nearest first; empty when nobody has it' }),
});
export type WhoseDocument = Static<typeof WhoseDocument>;
