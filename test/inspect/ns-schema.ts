// Documents against their published schemas.
import { Ajv } from 'ajv';
import formats from 'ajv-formats';

/** What is wrong with `document`, as it is after a trip through JSON; empty when nothing is. */
export function schemaErrors(schema: object, document: unknown): unknown[] {
  const ajv = new Ajv({ strict: false, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema)) as object);
  validate(JSON.parse(JSON.stringify(document)));
  return validate.errors ?? [];
}
