// What holds of every answer to every input, however hostile. Each function returns what is wrong.
import { DOCUMENTS } from '../../src/inspect/documents/all.js';
import { schemaErrors } from '../support/schema-errors.js';
import type { Measured } from './measured-run.js';

const SECONDS = 10;
const PEAK_MEMORY = 256 * 1024;

/**
 * C0 but the newline, DEL, C1, soft hyphen, bidi controls, zero-width characters, line and
 * paragraph separators, the byte order mark, tag characters.
 */
const UNSAFE =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/u;

export function lawBroken(run: Measured): string[] {
  return [
    ...endBroken(run),
    ...textBroken('stdout', run.stdout),
    ...textBroken('stderr', run.stderr),
    ...wordsBroken(run),
    ...documentBroken(run),
  ];
}

/** A document is what its published schema says, whatever it is about. */
function documentBroken({ stdout, args }: Measured): string[] {
  if (!args.includes('--json') || stdout.length === 0) return [];
  const document = JSON.parse(stdout.toString('utf8')) as { schema: string };
  const [, name = ''] = document.schema.split('/');
  const schema = DOCUMENTS[name];
  if (schema === undefined) return [`a document of no known kind: ${document.schema}`];
  return schemaErrors(schema, document).map((error) => `${name}: ${JSON.stringify(error)}`);
}

function endBroken({ signal, milliseconds, peakMemory, status }: Measured): string[] {
  if (signal !== null) return [`killed by ${signal} after ${Math.round(milliseconds)} ms`];
  const broken: string[] = [];
  if (milliseconds > SECONDS * 1000) broken.push(`took ${Math.round(milliseconds)} ms`);
  if (peakMemory > PEAK_MEMORY) broken.push(`grew to ${Math.round(peakMemory / 1024)} MiB`);
  if (status !== 0 && status !== 2) broken.push(`ended with ${String(status)}`);
  return broken;
}

/** Also used for what a terminal gets, with the program's own colours taken out. */
export function textBroken(where: string, bytes: Buffer): string[] {
  const text = bytes.toString('utf8');
  const broken: string[] = [];
  if (!Buffer.from(text, 'utf8').equals(bytes)) broken.push(`${where} is not UTF-8`);
  const found = UNSAFE.exec(text);
  if (found !== null) {
    const code = (found[0].codePointAt(0) ?? 0).toString(16);
    const around = text.slice(Math.max(0, found.index - 20), found.index + 20);
    broken.push(`${where} has U+${code} in ${JSON.stringify(around)}`);
  }
  return broken;
}

/** Trouble is one line and a hint, in words; success says nothing but problems. */
function wordsBroken({ status, stdout, stderr, args }: Measured): string[] {
  const text = stderr.toString('utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  const broken: string[] = [];
  if (/\bat .*:\d+:\d+|undefined|\[object|mistake in cutaway/.test(text)) {
    broken.push(`stderr is not in words: ${text}`);
  }
  if (status === 0) {
    const odd = lines.filter((line) => !line.startsWith('! '));
    if (odd.length > 0) broken.push(`stderr of a success: ${odd.join(' | ')}`);
    return broken;
  }
  if (stdout.length > 0 && args[0] !== 'load') broken.push('stdout of a failure is not empty');
  const [first = '', hint = '  ', ...more] = lines;
  if (!/^cutaway( [a-z]+)?: \S/.test(first)) broken.push(`nobody speaks: ${first}`);
  if (!hint.startsWith('  ') || more.length > 0) broken.push(`more than a hint: ${text}`);
  return broken;
}
