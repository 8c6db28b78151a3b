// What every command that shows something has in common: formats, columns, a file to write to.
import { CutawayError } from '../oci/error.js';
import type { Problem } from '../oci/problem.js';
import { formatColumns } from '../report/columns.js';
import { formatJson, formatJsonLines } from '../report/json.js';
import { safeText } from '../report/text.js';
import type { View } from '../report/theme.js';
import type { OptionSpecs, OptionValues } from './command.js';
import type { Context } from './context.js';
import { contextView } from './view.js';

export const DOCUMENT_OPTIONS = {
  format: {
    type: 'string',
    value: 'table|json|jsonl',
    choices: ['table', 'json', 'jsonl'],
    describe: 'for people (table) or for programs',
  },
  json: { type: 'boolean', describe: 'the same as --format json' },
  columns: { type: 'string', value: 'A,B,…', describe: 'only these keys of each row' },
  'no-trunc': { type: 'boolean', describe: 'ids and texts whole' },
  output: { type: 'string', alias: 'o', value: 'FILE', describe: 'write to a file' },
} as const satisfies OptionSpecs;

export type DocumentOptions = OptionValues<typeof DOCUMENT_OPTIONS>;

interface Answer<Document> {
  readonly document: Document;
  /** The key of the document's main list. */
  readonly list: string;
  /** The face for people. */
  readonly face: (document: Document, view: View) => string;
}

/** Writes a document in the form that was asked for, and its problems to stderr. */
export function showDocument<Document extends { readonly problems: readonly Problem[] }>(
  context: Context,
  options: DocumentOptions,
  answer: Answer<Document>,
): void {
  const format = options.json ? 'json' : (options.format ?? 'table');
  const text = renderDocument(context, options, answer, format);
  if (options.output === undefined) context.print(text);
  else context.host.writeFileAtomic(options.output, text);
  if (format === 'table') noteProblems(context, answer.document.problems);
}

function renderDocument<Document extends object>(
  context: Context,
  options: DocumentOptions,
  { document, list, face }: Answer<Document>,
  format: string,
): string {
  if (format === 'json') return formatJson(document);
  if (format === 'jsonl') return formatJsonLines(document, list);
  const view = contextView(context, { noTrunc: options['no-trunc'] });
  const plain = options.output === undefined ? view : { ...view, width: Infinity };
  if (options.columns === undefined) return face(document, plain);
  const rows = (document as Readonly<Record<string, unknown>>)[list];
  return formatColumns(rows as readonly object[], readColumns(options.columns), plain);
}

function readColumns(text: string): string[] {
  const columns = text.split(',').map((column) => column.trim());
  if (columns.every((column) => column !== '')) return columns;
  throw new CutawayError('INVALID_INPUT', `--columns "${text}" has an empty name`);
}

const PROBLEMS_SHOWN = 10;

function noteProblems(context: Context, problems: readonly Problem[]): void {
  for (const { message, path } of problems.slice(0, PROBLEMS_SHOWN)) {
    const place = path === undefined || message.includes(path) ? '' : ` (${safeText(path)})`;
    context.note(`! ${safeText(message)}${place}`);
  }
  const more = problems.length - PROBLEMS_SHOWN;
  if (more > 0) context.note(`! and ${more} more: --json lists them all`);
}
