import { Type, type Static } from 'typebox';
import { ModeText, strictObject, Time } from './common.js';

export const EntryType = Type.Union([
  Type.Literal('file'),
  Type.Literal('directory'),
  Type.Literal('symlink'),
  Type.Literal('fifo'),
  Type.Literal('socket'),
  Type.Literal('char'),
  Type.Literal('block'),
]);

/** What is known of one path in one place: the properties that tree and diff share. */
export const entryProperties = {
  type: EntryType,
  mode: ModeText,
  uid: Type.Integer(),
  gid: Type.Integer(),
  size: Type.Integer({ description: 'Bytes of content; 0 for anything but a file' }),
  mtime: Time,
  linkTarget: Type.Optional(Type.String({ description: 'Text of a symlink, verbatim' })),
  linkTargetBase64: Type.Optional(Type.String()),
  hardLinkTo: Type.Optional(
    Type.String({ description: 'Another name of the same file in the same layer' }),
  ),
  device: Type.Optional(Type.String({ description: 'major:minor of a device node' })),
  xattrs: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: 'Values in base64' }),
  ),
  capabilities: Type.Optional(
    Type.String({ description: 'security.capability as getcap(8) writes it: "cap_net_raw=ep"' }),
  ),
  acl: Type.Optional(
    Type.Array(Type.String(), {
      description: 'system.posix_acl_access as getfacl(1) -n writes it: "user:1000:r--"',
    }),
  ),
  defaultAcl: Type.Optional(
    Type.Array(Type.String(), { description: 'The same of system.posix_acl_default' }),
  ),
  sha256: Type.Optional(
    Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Of the content of a file' }),
  ),
  implicit: Type.Optional(
    Type.Literal(true, {
      description: 'A directory that other names imply; its metadata is a default',
    }),
  ),
};

export const pathProperties = {
  path: Type.String(),
  pathBase64: Type.Optional(
    Type.String({ description: 'The bytes of a name that is not valid UTF-8' }),
  ),
};

export const EntryFacts = strictObject(entryProperties);
export type EntryFacts = Static<typeof EntryFacts>;
