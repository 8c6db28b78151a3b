// What is written behind "/": words that all must hold. `size>1M`, `layer:3`, `kind:added`,
// `type:file`, `wasted`; `/…/` is a regular expression over paths, any other word is a glob over
// paths, or a part of a name.
import { compileGlob } from '../../inspect/glob.js';

/** What a filter looks at. */
export interface FilterFacts {
  readonly path: string;
  readonly kind: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  readonly layer: number | undefined;
  readonly wasted: boolean;
}

export interface PathFilter {
  /** As it was typed. */
  readonly text: string;
  matches(facts: FilterFacts): boolean;
}

type Test = PathFilter['matches'];

export const FILTER_KINDS = ['same', 'added', 'changed', 'deleted'] as const;

/** As `ENTRY_TYPES` of overlay/layer-columns numbers them. */
export const FILTER_TYPES = [
  '',
  'file',
  'directory',
  'symlink',
  'fifo',
  'socket',
  'char',
  'block',
] as const;

export const FILTER_LABEL = '/ glob /regex/ size>1M layer:3 kind:added type:file wasted';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Undefined for no words; throws for what no path could ever match. */
export function parsePathFilter(text: string): PathFilter | undefined {
  const tests = splitWords(text).map(parseWord);
  if (tests.length === 0) return undefined;
  return { text: text.trim(), matches: (facts) => tests.every((test) => test(facts)) };
}

/** A regular expression may have spaces in it. */
function splitWords(text: string): string[] {
  return text.match(/\/(?:\\.|[^/\\\n])+\/i?(?=\s|$)|\S+/g) ?? [];
}

function parseWord(word: string): Test {
  return parseFact(word) ?? parseName(word);
}

function parseFact(word: string): Test | undefined {
  const size = /^size([<>])(\d+(?:\.\d+)?)([kmg]?)b?$/i.exec(word);
  if (size !== null) return sizeTest(size[1] ?? '', Number(size[2]), size[3] ?? '');
  const [, name = '', value = ''] = /^(layer|kind|type):(.*)$/.exec(word) ?? [];
  if (name === 'layer' && /^\d+$/.test(value)) return ({ layer }) => layer === Number(value);
  if (name === 'kind' && isOneOf(FILTER_KINDS, value)) return ({ kind }) => kind === value;
  if (name === 'type' && isOneOf(FILTER_TYPES, value)) return ({ type }) => type === value;
  return word === 'wasted' ? ({ wasted }) => wasted : undefined;
}

function parseName(word: string): Test {
  const expression = /^\/(.{2,}|[^/])\/(i?)$/.exec(word);
  if (expression !== null) return expressionTest(expression[1] ?? '', expression[2] ?? '');
  if (/[*?[{/]/.test(word)) {
    const matches = compileGlob(word);
    return ({ path }) => matches(path);
  }
  const wanted = word.toLowerCase();
  return ({ path }) =>
    path
      .slice(path.lastIndexOf('/') + 1)
      .toLowerCase()
      .includes(wanted);
}

function isOneOf(words: readonly string[], word: string): boolean {
  return word !== '' && words.includes(word);
}

function expressionTest(source: string, flags: string): Test {
  const expression = new RegExp(source, flags);
  return ({ path }) => expression.test(path);
}

/** Of files: directories would be all that is big. */
function sizeTest(sign: string, number: number, unit: string): Test {
  const bytes = number * (UNITS[unit.toLowerCase()] ?? 1);
  return ({ type, size }) => type === 'file' && (sign === '>' ? size > bytes : size < bytes);
}
