// Bytes that nobody can see: the sum, by layer, by path, and the verdict.
import type { RuleResult, WasteDocument, WastedPath } from '../inspect/documents/waste.js';
import { layerMark, layerStep } from './layer-mark.js';
import { formatCount, formatNumberOf, formatSize } from './size.js';
import { formatTable } from './table.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

/** Paths that are shown unless all are wanted. */
const PATHS_SHOWN = 20;

export function formatWaste(document: WasteDocument, view: View): string {
  return [
    heading(document, view),
    layersTable(document, view),
    ...(document.paths.length === 0 ? [] : [pathsTable(document, view)]),
    ...(document.rules === undefined ? [] : [verdict(document.rules, view)]),
  ].join('\n');
}

function heading({ subject, totals, dive }: WasteDocument, { theme }: View): string {
  const { size, wasted, efficiency } = totals;
  const user = dive.userWastedPercent;
  const figures = [
    `efficiency ${formatPercent(dive.efficiency)}`,
    `wasted ${formatSize(dive.wastedBytes)}`,
    `of the user's bytes ${user === undefined ? 'more than all' : formatPercent(user)}`,
  ];
  const sum = `${formatSize(wasted)} of ${formatSize(size)} in layers are not visible`;
  return [
    `${theme.bold(safeText(subject.name ?? subject.target))} · ${sum} · efficiency ${formatPercent(efficiency)}`,
    theme.dim(`as dive counts: ${figures.join(', ')}`),
    '',
  ].join('\n');
}

/** Rounded down, so that 100 % means all. */
function formatPercent(ratio: number): string {
  return `${(Math.floor(ratio * 10_000) / 100).toFixed(2)} %`;
}

function layersTable({ layers }: WasteDocument, view: View): string {
  return formatTable(
    [
      { title: 'LAYER', align: 'right' },
      { title: 'SIZE', align: 'right' },
      { title: 'WASTED', align: 'right' },
      { title: 'CREATED BY', shrinks: true },
    ],
    [...layers]
      .reverse()
      .map((layer) => [
        layerMark(layer),
        formatSize(layer.size),
        layer.wasted === 0 ? '' : formatSize(layer.wasted),
        layerStep(layer),
      ]),
    view,
  );
}

function pathsTable(document: WasteDocument, view: View): string {
  const { paths } = document;
  const shown = view.noTrunc ? paths : paths.slice(0, PATHS_SHOWN);
  const table = formatTable(
    [
      { title: 'WASTED', align: 'right' },
      { title: 'VERSIONS', align: 'right' },
      { title: 'LAYERS' },
      { title: 'PATH' },
    ],
    shown.map((path) => [
      formatSize(path.wasted),
      formatCount(path.versions),
      layersText(document, path),
      safeName(path.path),
    ]),
    view,
  );
  const more = paths.length - shown.length;
  if (more === 0) return table;
  const bytes = paths.slice(shown.length).reduce((sum, { wasted }) => sum + wasted, 0);
  const rest = `${formatNumberOf(more, 'path', 'paths')} more of ${formatSize(bytes)}`;
  return `${table}${view.theme.dim(`${rest}: --no-trunc shows all`)}\n`;
}

/** "1 2 →3" when layer 3 has what is visible; "1 2 gone" when nothing is there. */
function layersText({ layers }: WasteDocument, path: WastedPath): string {
  const marks = path.layers.map((layer) => {
    const mark = layerMark(layers[layer - 1] ?? { layer, role: 'layer' });
    return layer === path.visible ? `→${mark}` : mark;
  });
  return path.visible === undefined ? `${marks.join(' ')} gone` : marks.join(' ');
}

function verdict(rules: readonly RuleResult[], { theme }: View): string {
  const width = rules.reduce((most, { rule }) => Math.max(most, rule.length), 0);
  const lines = rules.map(({ rule, status, threshold, actual }) => {
    const paint = { PASS: theme.added, FAIL: theme.finding, SKIP: theme.dim }[status];
    const sign = rule === 'lowestEfficiency' ? 'at least' : 'at most';
    const wanted =
      threshold === undefined ? 'not judged' : `${sign} ${figureText(rule, threshold)}`;
    const is = actual === undefined ? 'infinite' : figureText(rule, actual);
    return `${paint(status)}  ${rule.padEnd(width)}  ${is}, ${wanted}\n`;
  });
  return lines.join('');
}

function figureText(rule: RuleResult['rule'], value: number): string {
  if (rule === 'highestWastedBytes') return formatNumberOf(value, 'byte', 'bytes');
  return String(Number(value.toPrecision(4)));
}
