import { question, type Effect, type Step } from '../page.js';

/** Asks where to, and writes it there. */
export function extractPrompt<State>(
  target: string,
  path: string,
  layer: string | undefined,
): Effect<State> {
  return {
    kind: 'prompt',
    prompt: {
      label: 'extract into the directory',
      text: '.',
      change: (text: string | undefined, done: boolean) => (): Step<State> => {
        if (!done || text === undefined || text === '') return {};
        return {
          effects: [
            question(
              (port) => port.extract(target, path, layer, text),
              ({ totals, directory, skipped }) =>
                () => {
                  const failure = skipped.find(({ failed }) => failed);
                  const why =
                    failure === undefined ? '' : `; not ${failure.path}: ${failure.message}`;
                  const done = `${totals.files} files, ${totals.directories} directories written to ${directory}`;
                  return { effects: [{ kind: 'tell', text: `${done}${why}` }] };
                },
            ),
          ],
        };
      },
    },
  };
}
