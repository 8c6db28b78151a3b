// A page that is one document in the face that its command has; looks again by itself.
import type { View } from '../../../report/theme.js';
import { plain, wholeRow, type Line, type Row } from '../line.js';
import { AT_START, type ListState } from '../list.js';
import { clickList, drawList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import {
  makePage,
  watch,
  type Binding,
  type Page,
  type PageKind,
  type Place,
  type Watch,
} from '../page.js';
import { paintedLines, paneView } from '../painted.js';
import type { Port } from '../port.js';

interface Answered {
  readonly problems: readonly { readonly message: string }[];
}

export interface FacePage<Document extends Answered> {
  readonly name: string;
  readonly title: string;
  readonly ask: (port: Port) => Promise<Document>;
  readonly face: (document: Document, view: View) => string;
  readonly command: readonly string[];
  readonly bindings: readonly Binding<FaceState<Document>>[];
}

export interface FaceState<Document> {
  readonly document: Document | undefined;
  readonly failure: string | undefined;
  readonly list: ListState;
}

export function facePage<Document extends Answered>(face: FacePage<Document>): Page {
  const access: ListAccess<FaceState<Document>> = {
    get: ({ list }) => list,
    set: (state, list) => ({ ...state, list }),
    // As many at every width: faces cut, they do not wrap.
    count: ({ document }) => (document === undefined ? 0 : lineCount(face, document)),
    height: (_state, { size }) => size.rows,
  };
  const kind: PageKind<FaceState<Document>> = {
    name: face.name,
    title: () => face.title,
    start: (state) => ({ effects: [watch(look(face), state)] }),
    bindings: [...face.bindings, moveBinding(access)],
    draw: (state, place) => drawFace(face, state, place),
    point: (state, pointer, place) =>
      pointer.action === 'click'
        ? clickList(access, state, pointer.row, place)
        : wheelList(access, state, pointer, place),
    select: ({ document }) => ({
      document: (port) => (document === undefined ? face.ask(port) : Promise.resolve(document)),
      command: face.command,
    }),
  };
  return makePage(kind, { document: undefined, failure: undefined, list: AT_START });
}

function look<Document extends Answered>(
  face: FacePage<Document>,
): Watch<FaceState<Document>, Document> {
  return {
    ask: () => face.ask,
    take: (document) => (state) => ({ ...state, document, failure: undefined }),
    fail: (failure) => (state) => ({ ...state, failure }),
  };
}

function faceLines<Document extends Answered>(
  face: FacePage<Document>,
  document: Document,
  view: View,
): Line[] {
  const problems = document.problems.map(({ message }) => plain(`! ${message}`, 'finding'));
  return [...paintedLines(face.face(document, view)), ...problems];
}

function lineCount<Document extends Answered>(
  face: FacePage<Document>,
  document: Document,
): number {
  return faceLines(face, document, paneView(Infinity, 0)).length;
}

function drawFace<Document extends Answered>(
  face: FacePage<Document>,
  { document, failure, list }: FaceState<Document>,
  { size, now }: Place,
): Row[] {
  if (document === undefined || failure !== undefined) {
    const style = failure === undefined ? 'dim' : 'finding';
    return [wholeRow(plain(` ${failure ?? 'looking …'}`, style), size)];
  }
  const lines = faceLines(face, document, paneView(size.columns - 1, now));
  return drawList({
    column: 0,
    width: size.columns,
    height: size.rows,
    list,
    count: lines.length,
    hasFocus: true,
    line: (at) => lines[at] ?? [],
  }).map((segment) => [segment]);
}
