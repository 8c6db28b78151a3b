// `--format` of commands that Docker has too: our forms by their names, or a template of Go.
import { CutawayError } from '../oci/error.js';
import type { OptionSpec } from './command.js';

const FORMS: readonly string[] = ['table', 'json', 'jsonl'];

export const TEMPLATE_FORMAT = {
  type: 'string',
  value: 'table|json|jsonl|TEMPLATE',
  describe: "for people, for programs, or a template as Docker takes it: '{{.ID}}'",
} as const satisfies OptionSpec;

/** Whether it is a template; what is neither is refused. */
export function isTemplate(format: string | undefined): format is string {
  if (format === undefined || FORMS.includes(format)) return false;
  if (format.includes('{{')) return true;
  throw new CutawayError(
    'INVALID_INPUT',
    `--format is ${FORMS.join(', ')} or a template, not "${format}"`,
    {
      hint: "a template has fields in it: --format '{{.ID}}'",
      data: { usage: true },
    },
  );
}
