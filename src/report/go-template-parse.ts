// The part of Go's text/template that people use with `--format` of Docker's commands: fields,
// pipelines, if, range and with, variables, literals. What it does not know it refuses by name.
import { CutawayError } from '../oci/error.js';

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'range' | 'with';
      readonly pipeline: Pipeline;
      readonly then: readonly Node[];
      readonly otherwise: readonly Node[];
    };

export interface Pipeline {
  /** Variables that take its value: one, or of a range the key and the value. */
  readonly variables: readonly string[];
  /** Each gets the value of the one before as its last argument. */
  readonly commands: readonly (readonly Operand[])[];
}

export type Operand =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'function'; readonly name: string }
  /** `.A.B` of what the dot is, `$.A` of the whole, `$x.A` of a variable. */
  | { readonly kind: 'path'; readonly root: string; readonly fields: readonly string[] }
  | { readonly kind: 'group'; readonly pipeline: Pipeline; readonly fields: readonly string[] };

interface Parser {
  readonly source: string;
  readonly parts: readonly Part[];
  at: number;
}

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly string[] };

export function parseTemplate(source: string): readonly Node[] {
  const parser: Parser = { source, parts: splitParts(source), at: 0 };
  const { nodes, end } = parseNodes(parser);
  if (end !== undefined) throw wrong(source, `"${end[0] ?? ''}" without what it ends`);
  return nodes;
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*"|`[^`]*`)|(-?\d+(?:\.\d+)?)|(:=|[|(),=])|(\$?[A-Za-z_]\w*(?:\.\w+)*|\$(?:\.\w+)*|(?:\.\w+)+|\.))/y;

function splitParts(source: string): Part[] {
  const parts: Part[] = [];
  const action =
    /\{\{(-\s)?\s*(\/\*[\s\S]*?\*\/|(?:"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`])*?)\s*(\s-)?\}\}/g;
  let from = 0;
  let trims = false;
  const addText = (text: string) => {
    if (text !== '') parts.push({ kind: 'text', text });
  };
  for (const match of source.matchAll(action)) {
    const before = source.slice(from, match.index);
    const left = trims ? before.trimStart() : before;
    addText(match[1] === undefined ? left : left.trimEnd());
    const body = match[2] ?? '';
    if (!body.startsWith('/*')) parts.push({ kind: 'action', tokens: tokenize(source, body) });
    trims = match[3] !== undefined;
    from = match.index + match[0].length;
  }
  const rest = source.slice(from);
  if (rest.includes('{{')) throw wrong(source, 'a "{{" is not closed');
  addText(trims ? rest.trimStart() : rest);
  return parts;
}

function tokenize(source: string, body: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < body.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(body);
    if (match === null) throw wrong(source, `unexpected "${body.slice(at).trim()}"`);
    tokens.push(match[0].trim());
  }
  if (tokens.length === 0) throw wrong(source, 'an empty action');
  return tokens;
}

const ENDS: ReadonlySet<string> = new Set(['end', 'else']);

/** Up to an `end` or `else` that belongs to whoever asks, or to the end of all. */
function parseNodes(parser: Parser): { nodes: Node[]; end: readonly string[] | undefined } {
  const nodes: Node[] = [];
  while (parser.at < parser.parts.length) {
    const part = parser.parts[parser.at];
    parser.at += 1;
    if (part === undefined) break;
    if (part.kind === 'text') {
      nodes.push(part);
      continue;
    }
    const [word = '', ...rest] = part.tokens;
    if (ENDS.has(word)) return { nodes, end: part.tokens };
    if (word === 'if' || word === 'range' || word === 'with') {
      nodes.push(parseBlock(parser, word, rest));
    } else nodes.push({ kind: 'output', pipeline: parsePipeline(parser.source, part.tokens) });
  }
  return { nodes, end: undefined };
}

function parseBlock(
  parser: Parser,
  kind: 'if' | 'range' | 'with',
  tokens: readonly string[],
): Node {
  const pipeline = parsePipeline(parser.source, tokens);
  const { nodes: then, end } = parseNodes(parser);
  if (end === undefined) throw wrong(parser.source, `"${kind}" without its "end"`);
  return { kind, pipeline, then, otherwise: parseElse(parser, kind, end) };
}

function parseElse(parser: Parser, kind: string, end: readonly string[]): readonly Node[] {
  if (end[0] === 'end') return [];
  if (end[1] === 'if') return [parseBlock(parser, 'if', end.slice(2))];
  const { nodes, end: last } = parseNodes(parser);
  if (last?.[0] !== 'end') throw wrong(parser.source, `"${kind}" without its "end"`);
  return nodes;
}

function parsePipeline(source: string, tokens: readonly string[]): Pipeline {
  const assigned = tokens.findIndex((token) => token === ':=' || token === '=');
  const variables = tokens.slice(0, Math.max(0, assigned)).filter((token) => token !== ',');
  const cursor = { tokens, at: assigned + 1 };
  const commands = parseCommands(source, cursor);
  if (cursor.at < tokens.length) throw wrong(source, `unexpected "${tokens[cursor.at] ?? ''}"`);
  return { variables, commands };
}

interface Cursor {
  readonly tokens: readonly string[];
  at: number;
}

function parseCommands(source: string, cursor: Cursor): Operand[][] {
  const commands: Operand[][] = [[]];
  for (; cursor.at < cursor.tokens.length; cursor.at += 1) {
    const token = cursor.tokens[cursor.at] ?? '';
    if (token === ')') break;
    if (token === '|') commands.push([]);
    else commands.at(-1)?.push(parseOperand(source, cursor, token));
  }
  if (commands.some((command) => command.length === 0)) throw wrong(source, 'a missing value');
  return commands;
}

function parseOperand(source: string, cursor: Cursor, token: string): Operand {
  if (token === '(') {
    cursor.at += 1;
    const commands = parseCommands(source, cursor);
    if (cursor.tokens[cursor.at] !== ')') throw wrong(source, 'a "(" is not closed');
    const next = cursor.tokens[cursor.at + 1];
    const hasFields = next !== undefined && /^\.\w/.test(next);
    if (hasFields) cursor.at += 1;
    const fields = hasFields ? next.slice(1).split('.') : [];
    return { kind: 'group', pipeline: { variables: [], commands }, fields };
  }
  if (/^["`]/.test(token)) return { kind: 'literal', value: readString(source, token) };
  if (/^-?\d/.test(token)) return { kind: 'literal', value: Number(token) };
  if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' };
  if (token === 'nil') return { kind: 'literal', value: null };
  if (/^[.$]/.test(token)) {
    const [root = '', ...fields] = token.split('.');
    return { kind: 'path', root, fields: fields.filter((field) => field !== '') };
  }
  if (/^[A-Za-z_]\w*$/.test(token)) return { kind: 'function', name: token };
  throw wrong(source, `unexpected "${token}"`);
}

function readString(source: string, token: string): string {
  if (token.startsWith('`')) return token.slice(1, -1);
  try {
    return JSON.parse(token) as string;
  } catch {
    throw wrong(source, `${token} is no string`);
  }
}

function wrong(source: string, reason: string): CutawayError {
  return new CutawayError('INVALID_INPUT', `the format ${JSON.stringify(source)}: ${reason}`);
}
