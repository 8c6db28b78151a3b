import { DOCUMENTS } from '../inspect/documents/all.js';

export const SCHEMA_NAMES: readonly string[] = Object.keys(DOCUMENTS);

/** The published JSON Schema (draft 2020-12) of a document, by its bare name. */
export function documentSchema(name: string): object | undefined {
  if (!Object.hasOwn(DOCUMENTS, name)) return undefined;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `cutaway/${name}/v1`,
    ...DOCUMENTS[name],
  };
}
