import type { HistoryEntry } from './image-config.js';
import type { Problem } from './problem.js';

export interface AlignedHistory {
  /** One per layer, base first; undefined where the history has none. */
  readonly layers: readonly (HistoryEntry | undefined)[];
  readonly problems: readonly Problem[];
}

/**
 * Says which history entry made which layer. The spec lets tools write none and some write too
 * many (kaniko marks no step as empty): then it is aligned from the base and a problem says so.
 */
export function alignHistory(history: readonly HistoryEntry[], layerCount: number): AlignedHistory {
  const made = history.filter((entry) => entry.empty_layer !== true);
  if (made.length === layerCount) return { layers: made, problems: [] };
  // One entry for each layer, wrongly marked, is a better guess than a shift of all that follow.
  const entries = history.length === layerCount ? history : made;
  const layers = Array.from({ length: layerCount }, (_, index) => entries[index]);
  const message =
    history.length === 0
      ? `the image has no history for its ${count(layerCount, 'layer')}`
      : `${count(made.length, 'history entry', 'history entries')} for ${count(layerCount, 'layer')}: which made which is a guess`;
  return {
    layers,
    problems: [{ code: 'history-count-mismatch', message, path: '$.history' }],
  };
}

const SHELL = '/bin/sh -c ';
const NO_OPERATION = /^(?:\/bin\/sh -c|cmd \/S \/C) #\(nop\) +/;

/**
 * What made a layer, on one line, as an instruction of a Dockerfile where it is one:
 * `RUN apt-get update`, `COPY . /app`. For people; the entry keeps the raw text.
 */
export function commandOf(entry: HistoryEntry | undefined): string {
  const raw = (entry?.created_by ?? '').replace(/\s+/g, ' ').trim();
  if (raw === '') return (entry?.comment ?? '').replace(/\s+/g, ' ').trim();
  if (NO_OPERATION.test(raw)) return raw.replace(NO_OPERATION, '');
  const isRun = raw.startsWith('RUN ');
  const command = withoutArguments((isRun ? raw.slice(4) : raw).replace(/ # buildkit$/, ''));
  if (command.startsWith(SHELL)) return `RUN ${command.slice(SHELL.length)}`;
  return isRun ? `RUN ${command}` : command;
}

/**
 * Build arguments stand in front as `|2 A=1 B=2 /bin/sh -c …`. Values may hold anything: the
 * first shell ends them, so that a value can show too much but hide nothing.
 */
function withoutArguments(command: string): string {
  if (!/^\|\d+ /.test(command)) return command;
  const shell = command.indexOf(` ${SHELL}`);
  return shell < 0 ? command : command.slice(shell + 1);
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
