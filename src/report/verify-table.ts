// One line for each layer or store, and below it what is not as it should be.
import type { VerifiedLayer, VerifyDocument, VerifyFinding } from '../inspect/documents/verify.js';
import { shortID } from './short.js';
import { formatCount, formatNumberOf, formatSize } from './size.js';
import { formatTable, type Column } from './table.js';
import { safeName, safeText } from './text.js';
import type { View } from './theme.js';

const VERDICTS: Readonly<Record<VerifyDocument['verdict'], string>> = {
  good: 'good',
  findings: 'NOT GOOD',
  incomplete: 'not all of it could be checked',
};

export function formatVerify(document: VerifyDocument, view: View): string {
  const { subject, verdict, findings, layers, stores } = document;
  const { theme } = view;
  const paint = verdict === 'good' ? theme.added : theme.finding;
  const count = formatNumberOf(findings.length, 'finding', 'findings');
  const whole = subject.kind === 'host' ? 'stores of this host' : subject.target;
  const head = `${theme.bold(safeText(whole))} · ${paint(VERDICTS[verdict])} · ${count}\n`;
  return [
    head,
    ...(stores.length === 0 ? [] : [`\n${storesTable(document, view)}`]),
    ...(layers.length === 0 ? [] : [`\n${layersTable(layers, view)}`]),
    ...(findings.length === 0 ? [] : [`\n${findingsTable(findings, view)}`]),
  ].join('');
}

function storesTable({ stores }: VerifyDocument, view: View): string {
  const columns: Column[] = [
    { title: 'ENGINE' },
    { title: 'LAYERS', align: 'right' },
    { title: 'FINDINGS', align: 'right' },
    { title: "NOBODY'S", align: 'right' },
  ];
  const rows = stores.map(({ engine, layers, findings, bytes }) => [
    safeText(engine),
    formatCount(layers),
    formatCount(findings),
    bytes === 0 ? '-' : formatSize(bytes),
  ]);
  return formatTable(columns, rows, view);
}

function layersTable(layers: readonly VerifiedLayer[], view: View): string {
  const columns: Column[] = [
    { title: 'LAYER', align: 'right' },
    { title: 'DIFF ID' },
    { title: 'BLOB' },
    { title: 'UNPACKED' },
    { title: 'AGAINST' },
    { title: 'ENTRIES', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'DIRECTORY', shrinks: true },
  ];
  const { theme } = view;
  const mark = (verdict: string | undefined) =>
    verdict === undefined ? '-' : verdict === 'good' ? verdict : theme.finding(verdict);
  const rows = layers.map(({ layer, diffID, blob, unpacked }) => [
    String(layer),
    shortID(diffID, view),
    mark(blob?.verdict),
    mark(unpacked?.verdict),
    unpacked?.against ?? '-',
    unpacked?.entries === undefined ? '-' : formatCount(unpacked.entries),
    unpacked?.bytes === undefined ? '-' : formatSize(unpacked.bytes),
    unpacked === undefined ? '-' : safeName(unpacked.directory),
  ]);
  return formatTable(columns, rows, view);
}

function findingsTable(findings: readonly VerifyFinding[], view: View): string {
  const columns: Column[] = [
    { title: 'WHERE' },
    { title: 'FINDING' },
    { title: 'PATH' },
    { title: 'WHAT', shrinks: true },
  ];
  const rows = findings.map((finding) => {
    const { layer, engine, path, file, digest, message, bytes } = finding;
    const size = bytes === undefined ? '' : ` (${formatSize(bytes)})`;
    return [
      layer === undefined ? safeText(engine ?? '-') : `layer ${layer}`,
      view.theme.finding(finding.finding),
      placeText(path ?? file, digest, view),
      safeText(message) + size,
    ];
  });
  return formatTable(columns, rows, view);
}

function placeText(path: string | undefined, digest: string | undefined, view: View): string {
  if (path !== undefined) return safeName(path);
  if (digest === undefined) return '-';
  return shortID(digest, view);
}
