// Keys from a file, for tests and for recordings. One step in a line: `key NAME…`, `type TEXT`,
// `wait TEXT` (until the screen shows it), `gone TEXT`, `pause MILLISECONDS`, `click COLUMN ROW`,
// `drag COLUMN ROW COLUMN ROW`, `wheel up|down COLUMN ROW`, `still FILE`. Lines that begin with "#" say nothing.
import { CutawayError } from '../../oci/error.js';
import type { RunningExplorer } from '../../tui/run-explorer.js';
import type { ExplorerEvent } from '../../tui/view-model/explorer.js';
import { rowText } from '../../tui/view/paint.js';

export type ScriptStep =
  | { readonly kind: 'events'; readonly events: readonly ExplorerEvent[] }
  | { readonly kind: 'wait'; readonly text: string; readonly shown: boolean }
  | { readonly kind: 'still'; readonly path: string }
  | { readonly kind: 'pause'; readonly milliseconds: number };

/** Throws INVALID_INPUT with the number of the line. */
export function parseScript(text: string): ScriptStep[] {
  return text.split('\n').flatMap((line, at) => {
    const [, verb = '', rest = ''] = /^\s*(\S*)\s?(.*)$/.exec(line) ?? [];
    if (verb === '' || verb.startsWith('#')) return [];
    const step = parseStep(verb, rest);
    if (step !== undefined) return [step];
    throw new CutawayError('INVALID_INPUT', `line ${at + 1} of the script: "${line}" is no step`, {
      hint: 'key, type, wait, gone, pause, click, drag, wheel, still',
    });
  });
}

function parseStep(verb: string, rest: string): ScriptStep | undefined {
  const numbers = rest.split(' ').map(Number);
  switch (verb) {
    case 'key':
      return { kind: 'events', events: rest.split(' ').filter(Boolean).map(keyEvent) };
    case 'type':
      return { kind: 'events', events: Array.from(rest, keyEvent) };
    case 'wait':
    case 'gone':
      return { kind: 'wait', text: rest, shown: verb === 'wait' };
    case 'pause':
      return numbers.length === 1 && Number.isFinite(numbers[0])
        ? { kind: 'pause', milliseconds: numbers[0] ?? 0 }
        : undefined;
    case 'still':
      return rest === '' ? undefined : { kind: 'still', path: rest };
    default:
      return parsePointerStep(verb, rest, numbers);
  }
}

function parsePointerStep(
  verb: string,
  rest: string,
  numbers: readonly number[],
): ScriptStep | undefined {
  switch (verb) {
    case 'click':
      return pointerStep('click', numbers);
    case 'drag':
      return dragStep(numbers);
    case 'wheel': {
      const [, direction, place = ''] = /^(up|down) (.*)$/.exec(rest) ?? [];
      if (direction === undefined) return undefined;
      return pointerStep(
        direction === 'up' ? 'wheelup' : 'wheeldown',
        place.split(' ').map(Number),
      );
    }
    default:
      return undefined;
  }
}

const NAMES: Readonly<Record<string, string>> = {
  Enter: 'enter',
  Esc: 'escape',
  Tab: 'tab',
  Space: 'space',
  ' ': 'space',
  Up: 'up',
  Down: 'down',
  Left: 'left',
  Right: 'right',
  PgUp: 'pageup',
  PgDn: 'pagedown',
  Home: 'home',
  End: 'end',
  Backspace: 'backspace',
};

function keyEvent(name: string): ExplorerEvent {
  return { kind: 'key', key: NAMES[name] ?? name };
}

/** Columns and rows of the screen, from 1 as people count them. */
function pointerStep(
  action: 'click' | 'wheelup' | 'wheeldown',
  [column = Number.NaN, row = Number.NaN]: readonly number[],
): ScriptStep | undefined {
  if (!Number.isInteger(column) || !Number.isInteger(row)) return undefined;
  const event = { kind: 'pointer' as const, action, column: column - 1, row: row - 1 };
  return { kind: 'events', events: [event] };
}

/** From one place to the other with the button down. */
function dragStep(numbers: readonly number[]): ScriptStep | undefined {
  const [column = 0, row = 0, toColumn = 0, toRow = 0] = numbers;
  if (numbers.length !== 4 || !numbers.every(Number.isInteger)) return undefined;
  const at = (action: 'click' | 'drag' | 'release', x: number, y: number) =>
    ({ kind: 'pointer', action, column: x - 1, row: y - 1 }) as const;
  const events = [
    at('click', column, row),
    at('drag', toColumn, toRow),
    at('release', toColumn, toRow),
  ];
  return { kind: 'events', events };
}

/** What a script drives and looks at. */
export interface Driver extends Pick<RunningExplorer, 'handle' | 'rows'> {
  /** Writes a picture of the screen. */
  still(path: string): void;
}

/** Between two keys, so that a recording shows them one by one. */
const KEY_PAUSE = 30;
const LOOKS_A_SECOND = 50;
const MOST_SECONDS = 30;

/** Resolves at the end of the script; fails when what it waits for does not come. */
export async function playScript(driver: Driver, steps: readonly ScriptStep[]): Promise<void> {
  for (const step of steps) {
    if (step.kind === 'pause') await pause(step.milliseconds);
    else if (step.kind === 'still') driver.still(step.path);
    else if (step.kind === 'wait') await waitFor(driver, step.text, step.shown);
    else {
      for (const event of step.events) {
        driver.handle(event);
        await pause(KEY_PAUSE);
      }
    }
  }
}

async function waitFor(driver: Driver, text: string, shown: boolean): Promise<void> {
  const screen = () => driver.rows().map(rowText).join('\n');
  for (let look = 0; look < LOOKS_A_SECOND * MOST_SECONDS; look += 1) {
    if (screen().includes(text) === shown) return;
    await pause(1000 / LOOKS_A_SECOND);
  }
  const what = shown ? 'shows' : 'still shows';
  throw new CutawayError(
    'UNAVAILABLE',
    `script: the screen ${shown ? 'never ' : ''}${what} "${text}"`,
  );
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
