// Which image stands on which: the layers from the base down, a branch where images part.
import type { ChainRecord, ImagesDocument } from '../inspect/documents/images.js';
import { shortID } from './short.js';
import { formatSize } from './size.js';
import { cut } from './cut.js';
import { safeText } from './text.js';
import type { View } from './theme.js';

interface Tree {
  readonly document: ImagesDocument;
  readonly children: ReadonlyMap<string, readonly ChainRecord[]>;
  readonly view: View;
}

const BASE = '';

export function formatImagesTree(document: ImagesDocument, view: View): string {
  const children = new Map<string, ChainRecord[]>();
  for (const chain of document.chains) {
    const parent = chain.parent ?? BASE;
    children.set(parent, [...(children.get(parent) ?? []), chain]);
  }
  const tree: Tree = { document, children, view };
  const empty = document.images.filter(({ layers }) => layers === 0);
  const lines = [
    ...(children.get(BASE) ?? []).flatMap((base, at) => [
      ...(at === 0 ? [] : ['']),
      ...drawChain(tree, base, '', ''),
    ]),
    ...empty.map((image) => `(no layers)  ${imageNames(tree, [image.id])}`),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** A layer and what stands on it. One that stands alone on another goes below it, not beside. */
function drawChain(tree: Tree, top: ChainRecord, first: string, rest: string): string[] {
  const lines: string[] = [];
  let chain = top;
  let lead = first;
  for (;;) {
    lines.push(chainLine(tree, chain, lead));
    const above = tree.children.get(chain.chainID) ?? [];
    const [only] = above;
    if (only === undefined) return lines;
    if (above.length > 1) {
      const last = above.length - 1;
      const branches = above.map((child, at) => {
        const [here, below] = at === last ? ['└─ ', '   '] : ['├─ ', '│  '];
        return drawChain(tree, child, rest + here, rest + below);
      });
      return [...lines, ...branches.flat()];
    }
    chain = only;
    lead = rest;
  }
}

const COMMAND_WIDTH = 48;

function chainLine(tree: Tree, chain: ChainRecord, lead: string): string {
  const { view } = tree;
  const { contentSize, command = '' } = chain;
  const size = (contentSize === undefined ? '' : formatSize(contentSize)).padStart(8);
  const step = safeText(command);
  const shown = view.noTrunc ? step : cut(step, COMMAND_WIDTH);
  const names = chain.images.length === 0 ? '' : imageNames(tree, chain.images);
  const line = `${lead}${shortID(chain.chainID, view)}  ${size}  `;
  return `${line}${names === '' ? shown : `${shown.padEnd(COMMAND_WIDTH)}  ← ${names}`}`;
}

function imageNames({ document, view }: Tree, ids: readonly string[]): string {
  const images = document.images.filter(({ id }) => ids.includes(id));
  const names = images.map(({ id, references }) => {
    const own = references.length === 0 ? '<none>' : references.map(safeText).join(', ');
    return `${view.theme.bold(own)} ${shortID(id, view)}`;
  });
  return names.join('; ');
}
