import { CutawayError } from '../oci/error.js';
import { callFunction, goText, isTruth } from './go-template-functions.js';
import { parseTemplate, type Node, type Operand, type Pipeline } from './go-template-parse.js';

/** Fills a template of Go with the fields of a value. */
export function formatTemplate(template: string, value: unknown): string {
  return compileTemplate(template)(value);
}

/** Parsed once, filled for each row. */
export function compileTemplate(template: string): (value: unknown) => string {
  const nodes = parseTemplate(template);
  return (value) => render(nodes, { root: value, dot: value, variables: new Map() });
}

interface Scope {
  readonly root: unknown;
  readonly dot: unknown;
  readonly variables: ReadonlyMap<string, unknown>;
}

/** A variable lives to the end of the block that it was made in. */
function render(nodes: readonly Node[], outer: Scope): string {
  let scope = outer;
  let text = '';
  for (const node of nodes) {
    if (node.kind === 'text') text += node.text;
    else if (node.kind === 'range') text += renderRange(node, scope);
    else {
      const value = evaluate(node.pipeline, scope);
      const inner = bind(scope, node.pipeline.variables, [value]);
      if (node.kind === 'output') {
        scope = inner;
        if (node.pipeline.variables.length === 0) text += goText(value);
      } else if (!isTruth(value)) text += render(node.otherwise, inner);
      else text += render(node.then, node.kind === 'with' ? { ...inner, dot: value } : inner);
    }
  }
  return text;
}

function renderRange(node: Node & { kind: 'if' | 'range' | 'with' }, scope: Scope): string {
  const value = evaluate(node.pipeline, scope);
  const items = entriesOf(value);
  if (items.length === 0) return render(node.otherwise, scope);
  const { variables } = node.pipeline;
  return items
    .map(([key, item]) => {
      const values = variables.length > 1 ? [key, item] : [item];
      return render(node.then, { ...bind(scope, variables, values), dot: item });
    })
    .join('');
}

/** Keys of a map in order, as Go ranges over them. */
function entriesOf(value: unknown): [unknown, unknown][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map((item, at): [unknown, unknown] => [at, item]);
  if (typeof value === 'object') {
    return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  }
  throw new CutawayError('INVALID_INPUT', `range can't iterate over ${goText(value)}`);
}

function bind(scope: Scope, names: readonly string[], values: readonly unknown[]): Scope {
  if (names.length === 0) return scope;
  const variables = new Map(scope.variables);
  for (const [at, name] of names.entries()) variables.set(name, values[at]);
  return { ...scope, variables };
}

function evaluate({ commands }: Pipeline, scope: Scope): unknown {
  let value: unknown;
  for (const [at, [first, ...rest]] of commands.entries()) {
    const last = at === 0 ? [] : [value];
    if (first === undefined) continue;
    const arguments_ = [...rest.map((operand) => valueOf(operand, scope)), ...last];
    if (first.kind === 'function') value = callFunction(first.name, arguments_);
    else if (arguments_.length === 0) value = valueOf(first, scope);
    else throw new CutawayError('INVALID_INPUT', "a format can't give arguments to a value");
  }
  return value;
}

function valueOf(operand: Operand, scope: Scope): unknown {
  switch (operand.kind) {
    case 'literal':
      return operand.value;
    case 'function':
      return callFunction(operand.name, []);
    case 'group':
      return follow(evaluate(operand.pipeline, scope), operand.fields);
    case 'path':
      return follow(rootOf(operand.root, scope), operand.fields);
  }
}

function rootOf(root: string, { root: whole, dot, variables }: Scope): unknown {
  if (root === '') return dot;
  if (root === '$') return whole;
  if (variables.has(root)) return variables.get(root);
  throw new CutawayError('INVALID_INPUT', `the format has no variable ${root}`);
}

function follow(value: unknown, fields: readonly string[]): unknown {
  let found = value;
  for (const field of fields) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, field)) {
      const known = typeof found === 'object' && found !== null ? Object.keys(found) : [];
      throw new CutawayError(
        'INVALID_INPUT',
        `the format asks for ".${field}", which is not there`,
        {
          ...(known.length === 0
            ? {}
            : { hint: `there are ${known.map((key) => `.${key}`).join(' ')}` }),
        },
      );
    }
    found = (found as Readonly<Record<string, unknown>>)[field];
  }
  return found;
}
