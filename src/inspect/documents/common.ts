// The answers. Each document is defined once, here: TypeBox gives the JSON Schema (published by
// `cutaway schema` and in schema/), `Static` gives the TypeScript type. Questions import the
// types only, so that no command but `schema` loads the schema library.
import { Type, type Static, type TObject, type TProperties } from 'typebox';

/** RFC 3339, UTC, with the precision the source has. */
export const Time = Type.String({ format: 'date-time' });
export const DigestText = Type.String({
  pattern: '^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$',
});
/** Permission bits as octal text: "0755", "4755". */
export const ModeText = Type.String({ pattern: '^[0-7]{4}$' });

export const Problem = Type.Object(
  {
    code: Type.String(),
    message: Type.String(),
    path: Type.Optional(Type.String()),
    pathBase64: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

export const Subject = Type.Object(
  {
    kind: Type.Union([
      Type.Literal('image'),
      Type.Literal('container'),
      Type.Literal('process'),
      Type.Literal('host'),
      Type.Literal('registry'),
    ]),
    engine: Type.String({
      description: 'cutaway, docker-archive, oci-archive, oci, registry, or host',
    }),
    target: Type.String({ description: 'What names this subject on the command line' }),
    id: Type.Optional(Type.String()),
    name: Type.Optional(Type.String()),
    image: Type.Optional(Type.String()),
    state: Type.Optional(Type.String()),
    pid: Type.Optional(Type.Integer()),
  },
  { additionalProperties: false },
);
export type Subject = Static<typeof Subject>;

const Collected = Type.Object(
  { at: Time, host: Type.String(), kernel: Type.String() },
  {
    additionalProperties: false,
    description: 'What depends on the moment and place of collection',
  },
);
export type Collected = Static<typeof Collected>;

/** The frame that every document shares, around what it answers. */
export function documentOf<const Name extends string, Properties extends TProperties>(
  name: Name,
  properties: Properties,
) {
  return Type.Object(
    {
      schema: Type.Literal(`cutaway/${name}/v1` as const),
      tool: Type.Object(
        { name: Type.Literal('cutaway'), version: Type.String() },
        { additionalProperties: false },
      ),
      subject: Subject,
      ...properties,
      problems: Type.Array(Problem),
      collected: Collected,
    },
    { additionalProperties: false, title: `cutaway ${name}` },
  );
}

/** An object that allows no other keys: what the documents are made of. */
export function strictObject<Properties extends TProperties>(
  properties: Properties,
  description?: string,
): TObject<Properties> {
  return Type.Object(properties, {
    additionalProperties: false,
    ...(description === undefined ? {} : { description }),
  });
}
