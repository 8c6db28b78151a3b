// Shell globs over paths: `*` and `?` stay within a name, `**` does not, `[a-z]`, `[!a]`, `{a,b}`,
// `\` takes the next character as it is. A pattern without a slash is that of a name anywhere; any
// other is that of a whole path. What is beneath a directory that matches matches too.
import { CutawayError } from '../oci/error.js';

export type Matcher = (path: string) => boolean;

/** Whether any of the patterns matches; undefined when there are none. */
export function anyGlob(patterns: readonly string[]): Matcher | undefined {
  if (patterns.length === 0) return undefined;
  const matchers = patterns.map(compileGlob);
  return (path) => matchers.some((matches) => matches(path));
}

/** `path` is absolute and canonical. */
export function compileGlob(pattern: string): Matcher {
  if (pattern === '') throw new CutawayError('INVALID_INPUT', 'an empty pattern matches nothing');
  const whole = pattern.length > 1 ? pattern.replace(/(?<!\\)\/+$/, '') : pattern;
  const start = !whole.includes('/') ? '/(?:.*/)?' : whole.startsWith('/') ? '' : '/';
  // By code points and over newlines: names are bytes, and any text may be one.
  const expression = new RegExp(`^${start}${translate(whole, pattern)}(?:/.*)?$`, 'su');
  return whole === '/' ? () => true : (path) => expression.test(path);
}

interface Scan {
  readonly text: string;
  readonly pattern: string;
  at: number;
  /** Open braces. */
  depth: number;
}

function translate(text: string, pattern: string): string {
  const scan: Scan = { text, pattern, at: 0, depth: 0 };
  let expression = '';
  while (scan.at < text.length) expression += nextPart(scan);
  if (scan.depth > 0) throw wrong(pattern, 'a "{" is not closed');
  return expression;
}

function nextPart(scan: Scan): string {
  const character = String.fromCodePoint(scan.text.codePointAt(scan.at) ?? 0);
  const rest = scan.text.slice(scan.at);
  scan.at += character.length;
  switch (character) {
    case '*':
      return stars(scan, rest);
    case '?':
      return '[^/]';
    case '[':
      return bracket(scan);
    case '{':
      scan.depth += 1;
      return '(?:';
    case '}':
      if (scan.depth === 0) return '\\}';
      scan.depth -= 1;
      return ')';
    case ',':
      return scan.depth > 0 ? '|' : ',';
    case '\\': {
      const next = scan.text.codePointAt(scan.at);
      if (next === undefined) throw wrong(scan.pattern, 'it ends in a "\\"');
      const taken = String.fromCodePoint(next);
      scan.at += taken.length;
      return literal(taken);
    }
    default:
      return literal(character);
  }
}

/** `**` as a whole name stands for any number of directories, none included. */
function stars(scan: Scan, rest: string): string {
  const before = scan.text[scan.at - 2];
  const isWhole = before === undefined || before === '/' || before === '{' || before === ',';
  if (isWhole && rest.startsWith('**/')) {
    scan.at += 2;
    return '(?:.*/)?';
  }
  const count = /^\*+/.exec(rest)?.[0].length ?? 1;
  scan.at += count - 1;
  return count === 1 ? '[^/]*' : '.*';
}

function bracket(scan: Scan): string {
  const [whole, negation = '', members = ''] =
    /^([!^]?)(\]?(?:\\.|[^\]\\])*)\]/su.exec(scan.text.slice(scan.at)) ?? [];
  if (whole === undefined || members === '') throw wrong(scan.pattern, 'a "[" is not closed');
  scan.at += whole.length;
  const safe = members
    .replace(/\\(.)/gsu, '$1')
    .replace(
      /[\\\][^&~|!"#$%'()*+,./:;<=>?@`{}]/g,
      (one) => `\\u{${one.charCodeAt(0).toString(16)}}`,
    );
  try {
    const set = `[${negation === '' ? '' : '^/'}${safe}]`;
    new RegExp(set, 'u');
    return negation === '' ? `(?!/)${set}` : set;
  } catch {
    throw wrong(scan.pattern, `"[${members}]" is no set of characters`);
  }
}

function literal(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function wrong(pattern: string, reason: string): CutawayError {
  return new CutawayError('INVALID_INPUT', `the pattern "${pattern}": ${reason}`);
}
