// The functions of Go's templates and those that Docker's commands add (docker's docs, "Format command
// and log output"), and values as Go prints them.
import { CutawayError } from '../oci/error.js';

type Call = (...values: readonly unknown[]) => unknown;

const text = (value: unknown): string => goText(value);

const FUNCTIONS: Readonly<Record<string, Call>> = {
  json: (value) => JSON.stringify(value ?? null),
  join: (list, separator) => listOf(list).map(text).join(text(separator)),
  split: (value, separator) => text(value).split(text(separator)),
  upper: (value) => text(value).toUpperCase(),
  lower: (value) => text(value).toLowerCase(),
  title: (value) => text(value).replace(/\b\p{L}/gu, (letter) => letter.toUpperCase()),
  truncate: (value, length) => Array.from(text(value)).slice(0, Number(length)).join(''),
  pad: (value, before, after) =>
    ' '.repeat(Number(before)) + text(value) + ' '.repeat(Number(after)),
  print: (...values) => values.map(text).join(''),
  println: (...values) => `${values.map(text).join(' ')}\n`,
  printf: (format, ...values) => printf(text(format), values),
  len: (value) => lengthOf(value),
  index: (value, ...keys) => keys.reduce(itemOf, value),
  slice: (value, from = 0, to?: unknown) =>
    Array.isArray(value)
      ? value.slice(Number(from), to === undefined ? undefined : Number(to))
      : text(value).slice(Number(from), to === undefined ? undefined : Number(to)),
  not: (value) => !isTruth(value),
  and: (...values) => values.find((value) => !isTruth(value)) ?? values.at(-1),
  or: (...values) => values.find(isTruth) ?? values.at(-1),
  eq: (value, ...others) => others.some((other) => value === other),
  ne: (value, other) => value !== other,
  lt: (a, b) => compare(a, b) < 0,
  le: (a, b) => compare(a, b) <= 0,
  gt: (a, b) => compare(a, b) > 0,
  ge: (a, b) => compare(a, b) >= 0,
};

export function callFunction(name: string, values: readonly unknown[]): unknown {
  const call = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (call !== undefined) return call(...values);
  throw new CutawayError('INVALID_INPUT', `the format has the unknown function "${name}"`, {
    hint: `there are ${Object.keys(FUNCTIONS).join(', ')}`,
  });
}

/** Zero, empty, false and nothing are not. */
export function isTruth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** As Go's fmt prints a value: `[a b]`, `map[a:1]`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return '<no value>';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`;
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === null || value === undefined) return [];
  throw new CutawayError('INVALID_INPUT', `the format wants a list, not ${goText(value)}`);
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value === null || value === undefined) return 0;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}

/** A key that a map does not have is nothing; a place that a list does not have is a mistake. */
function itemOf(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const at = Number(key);
    if (Number.isInteger(at) && at >= 0 && at < value.length) return value[at];
    throw new CutawayError(
      'INVALID_INPUT',
      `the format asks for item ${goText(key)}: out of range`,
    );
  }
  if (typeof value !== 'object' || value === null) return '';
  const name = goText(key);
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : '';
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [text(a), text(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%(-?)(\d*)([sdvq%])/g, (_, left: string, width: string, verb: string) => {
    if (verb === '%') return '%';
    const value = values[next];
    next += 1;
    const shown = verb === 'q' ? JSON.stringify(text(value)) : text(value);
    return left === '' ? shown.padStart(Number(width)) : shown.padEnd(Number(width));
  });
}
