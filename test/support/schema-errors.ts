// Documents against their published schemas, which are of the draft 2020-12.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const compiled = new WeakMap<object, ValidateFunction>();

/** What is wrong with `document`, as it is after a trip through JSON; empty when nothing is. */
export function schemaErrors(schema: object, document: unknown): unknown[] {
  const validate = compiled.get(schema) ?? compile(schema);
  compiled.set(schema, validate);
  validate(JSON.parse(JSON.stringify(document)));
  return validate.errors ?? [];
}

function compile(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  return ajv.compile(JSON.parse(JSON.stringify(schema)) as object);
}
