// Words of a Dockerfile instruction by the Dockerfile reference: quotes keep spaces, a backslash takes
// the next character as it is, `$NAME` and `${NAME:-word}` stand for variables of the image.
import { CutawayError } from './error.js';

export type Variables = ReadonlyMap<string, string>;

/** Splits at white space outside of quotes; the words keep their quotes and backslashes. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '\\' && quote !== "'") {
      word += character + (text[at + 1] ?? '');
      at += 1;
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      if (quote === character) quote = '';
      else if (quote === '' && /["']/.test(character)) quote = character;
      word += character;
    }
  }
  return word === '' ? words : [...words, word];
}

/** What a word means: quotes and backslashes taken away, variables put in. */
export function resolveWord(word: string, variables: Variables): string {
  const scan: Scan = { text: word, at: 0, variables };
  return resolveUntil(scan, undefined);
}

interface Scan {
  readonly text: string;
  at: number;
  readonly variables: Variables;
}

/** Up to a closing brace, or to the end. */
function resolveUntil(scan: Scan, end: string | undefined): string {
  let result = '';
  while (scan.at < scan.text.length) {
    const character = scan.text[scan.at] ?? '';
    if (character === end) return result;
    scan.at += 1;
    if (character === "'") result += singleQuoted(scan);
    else if (character === '"') result += doubleQuoted(scan);
    else if (character === '$') result += variable(scan);
    else if (character === '\\') {
      result += scan.text[scan.at] ?? '\\';
      scan.at += 1;
    } else result += character;
  }
  if (end !== undefined) throw unclosed(scan, end);
  return result;
}

function singleQuoted(scan: Scan): string {
  const end = scan.text.indexOf("'", scan.at);
  if (end < 0) throw unclosed(scan, "'");
  const content = scan.text.slice(scan.at, end);
  scan.at = end + 1;
  return content;
}

function doubleQuoted(scan: Scan): string {
  let result = '';
  while (scan.at < scan.text.length) {
    const character = scan.text[scan.at] ?? '';
    scan.at += 1;
    if (character === '"') return result;
    if (character === '$') result += variable(scan);
    else if (character === '\\' && /["$\\]/.test(scan.text[scan.at] ?? '')) {
      result += scan.text[scan.at] ?? '';
      scan.at += 1;
    } else result += character;
  }
  throw unclosed(scan, '"');
}

/** Behind a "$". */
function variable(scan: Scan): string {
  if (scan.text[scan.at] !== '{') {
    const [name = ''] = /^(?:[A-Za-z_]\w*|[0-9@*#])/.exec(scan.text.slice(scan.at)) ?? [];
    scan.at += name.length;
    return name === '' ? '$' : (scan.variables.get(name) ?? '');
  }
  const [whole, name = '', modifier = ''] =
    /^\{([A-Za-z_]\w*|\d+)(:?[-+?]?)/.exec(scan.text.slice(scan.at)) ?? [];
  if (whole === undefined || modifier === ':') {
    throw new CutawayError('INVALID_INPUT', `bad substitution in ${JSON.stringify(scan.text)}`);
  }
  scan.at += whole.length;
  const word = resolveUntil(scan, '}');
  scan.at += 1;
  return substitute(name, modifier, word, scan.variables);
}

/** With a colon an empty value counts as none. */
function substitute(name: string, modifier: string, word: string, variables: Variables): string {
  const value = variables.get(name);
  const isSet = value !== undefined && (value !== '' || !modifier.startsWith(':'));
  switch (modifier.slice(-1)) {
    case '-':
      return isSet ? value : word;
    case '+':
      return isSet ? word : '';
    case '?':
      if (isSet) return value;
      throw new CutawayError(
        'INVALID_INPUT',
        `variable ${name}: ${word === '' ? 'not set' : word}`,
      );
    default:
      return value ?? '';
  }
}

function unclosed({ text }: Scan, end: string): CutawayError {
  return new CutawayError('INVALID_INPUT', `${JSON.stringify(text)}: a ${end} is missing`);
}
