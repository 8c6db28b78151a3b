// The JSON Schemas of the OCI specs, which are no part of this project: `schema/` of
// opencontainers/runtime-spec and image-spec, as runtime-spec/ and image-spec/ in the folder that
// CUTAWAY_OCI_SCHEMAS names, or else beside the checkout.
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env['CUTAWAY_OCI_SCHEMAS'] ?? '../shared/vectors';

export const schemaObstacle = existsSync(join(folder, 'runtime-spec/config-schema.json'))
  ? undefined
  : 'CUTAWAY_OCI_SCHEMAS names no folder with the JSON Schemas of the OCI specs';

/** Reads one spec's schemas and gives a check of one file's document. */
export function schemaCheck(spec: 'image-spec' | 'runtime-spec', file: string): ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  for (const name of readdirSync(join(folder, spec))) {
    const schema = JSON.parse(readFileSync(join(folder, spec, name), 'utf8')) as object;
    ajv.addSchema({ ...(modern(schema) as object), $id: name }, name);
  }
  const check = ajv.getSchema(file);
  if (check === undefined) throw new Error(`no schema ${file}`);
  return check;
}

/** Draft 4 as draft 7 reads it: `id` and `$schema` away, so that references are by file name. */
function modern(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(modern);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key, item]) => key !== '$schema' && !(key === 'id' && typeof item === 'string'),
  );
  return Object.fromEntries(kept.map(([key, item]) => [key, modern(item)]));
}
