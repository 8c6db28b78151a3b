import { Type, type Static } from 'typebox';
import { DigestText, documentOf, ModeText, strictObject, Time } from './common.js';

const LAYER_FINDINGS = {
  content: 'a file has other bytes, of the same number',
  size: 'a file has more or fewer bytes',
  mode: 'permission bits',
  owner: 'user or group',
  xattrs: 'extended attributes, capabilities and ACLs among them',
  type: 'something of another type is there',
  link: 'a symlink leads elsewhere',
  device: 'a node stands for another device',
  hardLink: 'names of one file are names of two, or the other way round',
  mtime: 'only the time of modification',
  missing: 'what the layer has is not there',
  added: 'what is there is not in the layer',
  whiteout: 'a mark that deletes what is below was added, removed or put in a place',
  opaque: 'a mark that hides what is below was added to a directory or removed',
  blob: 'the stored bytes do not have their digest, or what they hold not its diffID',
  record: 'what the files would be compared with is damaged, or of another layer',
} as const;

const STORE_FINDINGS = {
  danglingLink: 'a short link that leads nowhere',
  missingParent: 'a layer whose parent is not there',
  missingLayer: 'a layer that is spoken of and is not there',
  missingBlob: 'a blob that is spoken of and is not there',
  unownedLayer: 'a layer that no image and no container needs',
  unownedBlob: 'a blob that no image needs',
  goneImage: 'a name, or a container, of an image that is not there',
  leftover: 'what an interrupted command has left behind',
  lower: 'a container would be mounted from other layers than its records say',
  damaged: 'a record that cannot be read or is not what its name says',
} as const;

/** One of the keys, each with what it means. */
function oneOf<Key extends string>(texts: Readonly<Record<Key, string>>) {
  const entries = Object.entries<string>(texts);
  return Type.Unsafe<Key>(
    Type.Union(entries.map(([key, description]) => Type.Literal(key, { description }))),
  );
}

const State = strictObject(
  {
    type: Type.Optional(Type.String()),
    mode: Type.Optional(ModeText),
    uid: Type.Optional(Type.Integer()),
    gid: Type.Optional(Type.Integer()),
    size: Type.Optional(Type.Integer()),
    mtime: Type.Optional(Time),
    sha256: Type.Optional(Type.String()),
    crc64: Type.Optional(
      Type.String({ description: 'All that tar-split keeps of a content: 16 hex digits' }),
    ),
    linkTarget: Type.Optional(Type.String()),
    linkTargetBase64: Type.Optional(Type.String()),
    hardLinkTo: Type.Optional(Type.String()),
    device: Type.Optional(Type.String({ description: 'major:minor of a device node' })),
    xattrs: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: 'Those that differ, in base64' }),
    ),
    opaque: Type.Optional(Type.Boolean()),
    redirect: Type.Optional(Type.String()),
    metacopy: Type.Optional(Type.Literal(true)),
    entries: Type.Optional(Type.Integer({ description: 'Beneath a directory' })),
    digest: Type.Optional(Type.String()),
  },
  'Only what the finding is about',
);
export type VerifyState = Static<typeof State>;

const Finding = strictObject({
  finding: oneOf<keyof typeof LAYER_FINDINGS | keyof typeof STORE_FINDINGS>({
    ...LAYER_FINDINGS,
    ...STORE_FINDINGS,
  }),
  layer: Type.Optional(Type.Integer({ description: 'Of the target; 1 is the base' })),
  diffID: Type.Optional(DigestText),
  path: Type.Optional(Type.String({ description: 'In the layer' })),
  pathBase64: Type.Optional(Type.String()),
  engine: Type.Optional(Type.String({ description: 'Of a finding about a whole store' })),
  file: Type.Optional(Type.String({ description: 'On the host' })),
  fileBase64: Type.Optional(Type.String()),
  digest: Type.Optional(DigestText),
  bytes: Type.Optional(Type.Integer({ description: 'What it takes on the disk' })),
  message: Type.String(),
  expected: Type.Optional(State),
  found: Type.Optional(State),
});
export type VerifyFinding = Static<typeof Finding>;

export const VerifiedLayer = strictObject({
  layer: Type.Integer(),
  diffID: DigestText,
  chainID: DigestText,
  target: Type.Optional(
    Type.String({ description: 'An image that has it, where all of a store are checked' }),
  ),
  blob: Type.Optional(
    strictObject(
      {
        digest: DigestText,
        size: Type.Integer(),
        verdict: Type.Union([Type.Literal('good'), Type.Literal('damaged')]),
      },
      'Absent where the engine keeps none',
    ),
  ),
  unpacked: Type.Optional(
    strictObject(
      {
        directory: Type.String(),
        against: Type.Optional(
          Type.Union([
            Type.Literal('blob', { description: 'every byte and every field of the blob' }),
            Type.Literal('index', {
              description: "our own index, where the blob is damaged: it is as good as the store's",
            }),
            Type.Literal('tar-split', {
              description: 'the headers, and the digest of the tar that is rebuilt with the files',
            }),
          ]),
        ),
        verdict: Type.Union([
          Type.Literal('good'),
          Type.Literal('changed'),
          Type.Literal('unknown'),
        ]),
        entries: Type.Optional(Type.Integer()),
        bytes: Type.Optional(Type.Integer()),
      },
      'Absent where the layer is not unpacked',
    ),
  ),
  findings: Type.Integer(),
});
export type VerifiedLayer = Static<typeof VerifiedLayer>;

export const VerifyDocument = documentOf('verify', {
  verdict: Type.Union([
    Type.Literal('good'),
    Type.Literal('findings'),
    Type.Literal('incomplete', { description: 'No finding, but not everything could be checked' }),
  ]),
  layers: Type.Array(VerifiedLayer, { description: 'Base first' }),
  stores: Type.Array(
    strictObject({
      engine: Type.String(),
      layers: Type.Integer({ description: 'Layers and snapshots that were looked at' }),
      findings: Type.Integer(),
      bytes: Type.Integer({ description: 'What nobody needs, together' }),
    }),
    { description: 'Of a question about whole stores' },
  ),
  findings: Type.Array(Finding, { description: 'By layer and path' }),
});
export type VerifyDocument = Static<typeof VerifyDocument>;
