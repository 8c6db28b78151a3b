// What can be done to a container, each as the command that does it, after a yes.
import { left, span, wholeRow, type Line, type Row } from '../line.js';
import { AT_START, type ListState } from '../list.js';
import { clickList, drawList, moveBinding, wheelList, type ListAccess } from '../list-pane.js';
import type { Act } from '../port.js';
import { makePage, question, type Page, type PageKind, type Place, type Step } from '../page.js';

interface ActRow {
  readonly act: Act;
  readonly help: string;
  /** In these states of a container. */
  readonly states: readonly string[];
}

const ALIVE = ['running', 'paused', 'restarting'];
const ENDED = ['created', 'exited'];

const ROWS: readonly ActRow[] = [
  { act: ['start'], help: 'run its command, in the background', states: ENDED },
  { act: ['stop'], help: 'its stop signal, and KILL if that is not enough', states: ALIVE },
  { act: ['kill'], help: 'KILL', states: ALIVE },
  { act: ['pause'], help: 'freeze all its processes', states: ['running'] },
  { act: ['unpause'], help: 'let them go on', states: ['paused'] },
  { act: ['rm'], help: 'remove it and all that it has written', states: ENDED },
  {
    act: ['rm', '-f'],
    help: 'kill it, then remove it and all that it has written',
    states: ALIVE,
  },
];

interface ActState {
  readonly target: string;
  readonly status: string;
  readonly rows: readonly ActRow[];
  readonly list: ListState;
}

const OWN = 'cutaway:';

/** `status` as the engine has it; what is of another engine is that engine's to change. */
export function openAct<State>(target: string, status: string): Step<State> {
  if (!target.startsWith(OWN)) {
    const engine = target.slice(0, target.indexOf(':'));
    const text = `${target} is changed with ${engine} itself: cutaway only reads other engines`;
    return { effects: [{ kind: 'tell', text }] };
  }
  const rows = ROWS.filter(({ states }) => states.includes(status));
  const page: Page = makePage(ACT, { target, status, rows, list: AT_START });
  return { effects: [{ kind: 'open', page }] };
}

const access: ListAccess<ActState> = {
  get: ({ list }) => list,
  set: (state, list) => ({ ...state, list }),
  count: ({ rows }) => rows.length,
  height: (_state, { size }) => Math.max(1, size.rows - HEAD),
};

const HEAD = 2;

function wordsOf({ rows, list, target }: ActState): string[] | undefined {
  const row = rows[list.cursor];
  return row === undefined ? undefined : ['cutaway', ...row.act, target.slice(OWN.length)];
}

function confirm(state: ActState): Step<ActState> {
  const { target } = state;
  const act = state.rows[state.list.cursor]?.act;
  const words = wordsOf(state)?.join(' ');
  if (act === undefined || words === undefined) return {};
  return {
    effects: [
      {
        kind: 'prompt',
        prompt: {
          label: `${words}: y does it`,
          text: '',
          change: (text, done) => (): Step<ActState> => {
            if (!done) return {};
            const isMeant = /^y(?:es)?$/i.test(text?.trim() ?? '');
            if (!isMeant) return { effects: [{ kind: 'tell', text: `not done: ${words}` }] };
            return {
              effects: [
                question(
                  (port) => port.act(target, act),
                  () => () => ({
                    effects: [{ kind: 'back' }, { kind: 'tell', text: `done: ${words}` }],
                  }),
                ),
              ],
            };
          },
        },
      },
    ],
  };
}

const ACT: PageKind<ActState> = {
  name: 'act',
  title: ({ target }) => `act on ${target}`,
  bindings: [
    {
      keys: ['enter'],
      shown: 'Enter',
      label: 'do it',
      help: 'do it, after a y',
      act: confirm,
    },
    moveBinding(access),
  ],
  draw: drawAct,
  point: (state, pointer, place) => {
    if (pointer.action !== 'click') return wheelList(access, state, pointer, place);
    if (pointer.row < HEAD) return {};
    const step = clickList(access, state, pointer.row - HEAD, place);
    return step.state?.list.cursor === state.list.cursor ? confirm(state) : step;
  },
  select: (state) => ({ command: wordsOf(state) }),
};

function drawAct({ target, status, rows, list }: ActState, { size }: Place): Row[] {
  const head: Line = [span(` ${target}`, 'bold'), span(`  ${status}`, 'dim')];
  const segments = drawList({
    column: 0,
    width: size.columns,
    height: Math.max(1, size.rows - HEAD),
    list,
    count: rows.length,
    hasFocus: true,
    line: (at) => {
      const row = rows[at];
      return row === undefined
        ? []
        : [span(`   ${left(row.act.join(' '), 10)}`, 'key'), span(row.help)];
    },
  });
  return [wholeRow(head, size), wholeRow([], size), ...segments.map((segment) => [segment])];
}
