// A page of the explorer: a state, keys that make the next state of it, and rows that show it. What
// it needs to know it asks through the port; the answer comes when it comes and changes the state.
import type { Row, Size } from './line.js';
import type { Port } from './port.js';

/** What a page is told about where it is. */
export interface Place {
  /** Of the part of the screen that is the page's. */
  readonly size: Size;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface Step<State> {
  /** Absent: as it was. */
  readonly state?: State;
  readonly effects?: readonly Effect<State>[];
}

export type Update<State> = (state: State) => Step<State>;

export interface AskEffect<State> {
  readonly kind: 'ask';
  readonly ask: (port: Port) => Promise<Update<State>>;
  /** Nobody waits for it. */
  readonly quiet?: boolean;
}

/** What a page wants to happen; the explorer and its runner see to it. */
export type Effect<State> =
  | AskEffect<State>
  | {
      readonly kind: 'later';
      readonly milliseconds: number;
      /** Not before the page is the one that is shown. */
      readonly whenShown?: boolean;
      readonly update: Update<State>;
    }
  | { readonly kind: 'prompt'; readonly prompt: Prompt<State> }
  | CommonEffect;

export type CommonEffect =
  | { readonly kind: 'open'; readonly page: Page }
  /** To the page before, where this is still the one that is shown. */
  | { readonly kind: 'back' }
  | { readonly kind: 'tell'; readonly text: string };

/** A line that the user fills in, at the foot of the screen. */
export interface Prompt<State> {
  readonly label: string;
  readonly text: string;
  /** At every change, and with `done` at Enter; Esc gives undefined. */
  readonly change: (text: string | undefined, done: boolean) => Update<State>;
}

/** The same without the type of the state: what the explorer works with. */
export type PageEffect =
  | {
      readonly kind: 'ask';
      readonly quiet: boolean;
      readonly ask: (port: Port) => Promise<() => readonly PageEffect[]>;
    }
  | {
      readonly kind: 'later';
      readonly milliseconds: number;
      readonly whenShown?: boolean;
      readonly update: () => readonly PageEffect[];
    }
  | {
      readonly kind: 'prompt';
      readonly label: string;
      readonly text: string;
      readonly change: (text: string | undefined, done: boolean) => readonly PageEffect[];
    }
  | CommonEffect;

export interface Binding<State> {
  /** As the terminal names them: "enter", "C-z", "/". */
  readonly keys: readonly string[];
  /** As people do: "Enter". */
  readonly shown: string;
  /** In the footer; absent for what everybody knows. */
  readonly label?: string;
  readonly help: string;
  /** Whether it does something now; absent for always. */
  readonly works?: (state: State, place: Place) => boolean;
  readonly act: (state: State, key: string, place: Place) => Step<State>;
}

export interface BindingFacts {
  readonly keys: readonly string[];
  readonly shown: string;
  readonly label: string | undefined;
  readonly help: string;
  readonly works: boolean;
}

export interface Pointer {
  /** A drag and a release are what follows a click for as long as the button is down. */
  readonly action: 'click' | 'drag' | 'release' | 'wheelup' | 'wheeldown';
  readonly column: number;
  readonly row: number;
}

/** What is under the cursor, for the keys that every page has. */
export interface Selection {
  /** What J shows. */
  readonly document?: (port: Port) => Promise<unknown>;
  /** What y copies. */
  readonly path?: string | undefined;
  /** What c copies: the words of the command that says the same. */
  readonly command?: readonly string[] | undefined;
  /** What d marks: a target that has files. */
  readonly target?: string | undefined;
}

export interface PageKind<State> {
  readonly name: string;
  readonly title: (state: State) => string;
  readonly bindings: readonly Binding<State>[];
  readonly draw: (state: State, place: Place) => Row[];
  readonly point?: (state: State, pointer: Pointer, place: Place) => Step<State>;
  readonly start?: (state: State) => Step<State>;
  readonly select?: (state: State) => Selection;
}

export interface Page {
  readonly name: string;
  title(): string;
  bindings(place: Place): BindingFacts[];
  draw(place: Place): Row[];
  /** Undefined for a key that does nothing here. */
  press(key: string, place: Place): readonly PageEffect[] | undefined;
  point(pointer: Pointer, place: Place): readonly PageEffect[];
  start(): readonly PageEffect[];
  select(): Selection;
}

/** The one place that holds a state; all that changes it are the pure functions of the kind. */
export function makePage<State>(kind: PageKind<State>, initial: State): Page {
  let state = initial;
  const take = (step: Step<State>): readonly PageEffect[] => {
    if (step.state !== undefined) state = step.state;
    return (step.effects ?? []).map(bind);
  };
  const bind = (effect: Effect<State>): PageEffect => {
    switch (effect.kind) {
      case 'ask':
        return {
          kind: 'ask',
          quiet: effect.quiet ?? false,
          ask: async (port) => {
            const update = await effect.ask(port);
            return () => take(update(state));
          },
        };
      case 'later':
        return { ...effect, update: () => take(effect.update(state)) };
      case 'prompt': {
        const { label, text, change } = effect.prompt;
        const changed = (typed: string | undefined, done: boolean) =>
          take(change(typed, done)(state));
        return { kind: 'prompt', label, text, change: changed };
      }
      case 'open':
      case 'back':
      case 'tell':
        return effect;
    }
  };
  const isLive = (binding: Binding<State>, place: Place) => binding.works?.(state, place) ?? true;
  return {
    name: kind.name,
    title: () => kind.title(state),
    bindings: (place) =>
      kind.bindings.map((binding) => ({
        keys: binding.keys,
        shown: binding.shown,
        label: binding.label,
        help: binding.help,
        works: isLive(binding, place),
      })),
    draw: (place) => kind.draw(state, place),
    press: (key, place) => {
      const binding = kind.bindings.find((one) => one.keys.includes(key) && isLive(one, place));
      return binding === undefined ? undefined : take(binding.act(state, key, place));
    },
    point: (pointer, place) => take(kind.point?.(state, pointer, place) ?? {}),
    start: () => take(kind.start?.(state) ?? {}),
    select: () => kind.select?.(state) ?? {},
  };
}

/** Asks, and takes the answer; what goes wrong is told at the foot, or as the page wants it. */
export function question<State, Answer>(
  ask: (port: Port) => Promise<Answer>,
  take: (answer: Answer) => Update<State>,
  fail: (message: string) => Update<State> = (text) => () => ({
    effects: [{ kind: 'tell', text }],
  }),
): AskEffect<State> {
  return {
    kind: 'ask',
    ask: async (port) => {
      try {
        return take(await ask(port));
      } catch (error) {
        return fail(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

/** How often a page looks again by itself, and how much of the time that may take. */
const PAUSE = 2000;
const PAUSE_FOR_COST = 30;
/** On a busy machine looking takes long without being work. */
const MOST_PAUSE = 8000;

/** What a page asks again and again, for as long as it is shown. */
export interface Watch<State, Answer> {
  /** By the state that there is then. */
  readonly ask: (state: State) => (port: Port) => Promise<Answer>;
  readonly take: (answer: Answer) => (state: State) => State;
  readonly fail: (message: string) => (state: State) => State;
}

export function watch<State, Answer>(
  watched: Watch<State, Answer>,
  state: State,
  quiet = false,
): AskEffect<State> {
  let cost = 0;
  const again = (): Effect<State> => ({
    kind: 'later',
    milliseconds: Math.min(MOST_PAUSE, Math.max(PAUSE, cost * PAUSE_FOR_COST)),
    whenShown: true,
    update: (now) => ({ effects: [watch(watched, now, true)] }),
  });
  const ask = watched.ask(state);
  const timed = async (port: Port): Promise<Answer> => {
    const start = port.now();
    const answer = await ask(port);
    cost = port.now() - start;
    return answer;
  };
  const effect = question<State, Answer>(
    timed,
    (answer) => (now) => ({ state: watched.take(answer)(now), effects: [again()] }),
    (message) => (now) => ({ state: watched.fail(message)(now), effects: [again()] }),
  );
  return { ...effect, quiet };
}
