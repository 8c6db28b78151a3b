import { Type, type Static } from 'typebox';
import { documentOf, ModeText, strictObject } from './common.js';
import { EntryType, pathProperties } from './entry.js';

export const WrittenRecord = strictObject({
  ...pathProperties,
  file: Type.String({ description: 'Where it was written, from `directory`' }),
  fileBase64: Type.Optional(Type.String()),
  type: EntryType,
  mode: ModeText,
  size: Type.Integer(),
  layer: Type.Integer({ description: 'The layer it comes from; 1 is the lowest' }),
  sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })),
  linkTarget: Type.Optional(Type.String({ description: 'Text of a symlink, verbatim' })),
  hardLinkTo: Type.Optional(
    Type.String({ description: 'Another name of the same file, as `file` has it' }),
  ),
});
export type WrittenRecord = Static<typeof WrittenRecord>;

export const SkippedRecord = strictObject({
  ...pathProperties,
  type: Type.Union([EntryType, Type.Literal('whiteout')]),
  reason: Type.Union([
    Type.Literal('symlink', { description: 'A symlink, without --links' }),
    Type.Literal('special', { description: 'A device, FIFO or socket: never made' }),
    Type.Literal('whiteout', { description: 'What the layer deletes' }),
    Type.Literal('exists', { description: 'Something is there, and no --force' }),
    Type.Literal('unsafe', { description: 'A link or something else is in the way' }),
    Type.Literal('unreadable', { description: 'Its content could not be read, or was another' }),
    Type.Literal('unwritable', { description: 'It could not be written' }),
  ]),
  message: Type.String(),
  failed: Type.Boolean({ description: 'Whether it was asked for and should have been written' }),
});
export type SkippedRecord = Static<typeof SkippedRecord>;

export const ExtractDocument = documentOf('extract', {
  directory: Type.String({ description: 'What nothing was written outside of' }),
  paths: Type.Array(Type.String(), { description: 'What was asked for' }),
  layer: Type.Optional(Type.Integer({ description: 'The one layer that it was taken from' })),
  totals: strictObject({
    files: Type.Integer({ description: 'Names of files; `size` counts each file once' }),
    directories: Type.Integer(),
    symlinks: Type.Integer(),
    size: Type.Integer(),
    skipped: Type.Integer(),
    failed: Type.Integer(),
  }),
  written: Type.Array(WrittenRecord, { description: 'Sorted by path' }),
  skipped: Type.Array(SkippedRecord, { description: 'Sorted by path' }),
});
export type ExtractDocument = Static<typeof ExtractDocument>;
