// The explorer on this terminal: signals, the clock, and what it is left with.
import { resolveTarget, type TargetContext } from '../../inspect/target.js';
import { CutawayError } from '../../oci/error.js';
import { RunningExplorer } from '../../tui/run-explorer.js';
import { containerPage } from '../../tui/view-model/pages/container.js';
import { homePage } from '../../tui/view-model/pages/home.js';
import { imagePage } from '../../tui/view-model/pages/image.js';
import { processesPage } from '../../tui/view-model/pages/processes.js';
import type { Page } from '../../tui/view-model/page.js';
import type { ExplorerEvent } from '../../tui/view-model/explorer.js';
import { stillImage } from '../../tui/view/still.js';
import { openTerminal } from '../../tui/view/terminal.js';
import { THEME_NAMES, THEMES, type ScreenTheme } from '../../tui/view/theme.js';
import type { Context } from '../context.js';
import { targetContext } from '../targets.js';
import { explorerPort } from './port.js';
import { makeRecorder } from './recorder.js';
import { parseScript, playScript, type ScriptStep } from './script.js';

export interface ExploreOptions {
  readonly theme?: string | undefined;
  readonly script?: string | undefined;
  readonly record?: string | undefined;
  readonly still?: string | undefined;
}

/** Resolves to the exit status: 0, or that of the signal that ended it. */
export async function explore(
  context: Context,
  text: string | undefined,
  options: ExploreOptions,
): Promise<number> {
  const { host, stdin, stdout } = context;
  if (host.environment['TERM'] === 'dumb') {
    throw new CutawayError('UNSUPPORTED', 'the terminal (TERM=dumb) cannot move its cursor');
  }
  const first = text === undefined ? [] : [await targetPage(await targetContext(context), text)];
  const script = options.script === undefined ? undefined : readScript(context, options.script);
  const recorder = options.record === undefined ? undefined : makeRecorder(context, options.record);
  const theme = chooseTheme(context, options.theme);
  const screen = openTerminal({
    input: stdin,
    output: stdout,
    theme,
    record:
      recorder &&
      ((written) => {
        recorder.record(written);
      }),
  });
  const port = explorerPort(context);
  const explorer = new RunningExplorer({
    screen,
    port,
    pages: [homePage(), ...first],
    suspend: () => {
      // What a shell's own Ctrl-Z does, which raw mode has switched off.
      process.kill(process.pid, 'SIGTSTP');
    },
  });
  const still = (path: string) => {
    context.host.writeFileAtomic(path, stillImage(explorer.rows(), screen.size, theme));
  };
  if (script !== undefined) drive(explorer, script, still);
  try {
    const status = await untilLeft(explorer, () => {
      screen.leave();
    });
    if (options.still !== undefined) still(options.still);
    return status;
  } finally {
    port.close();
    recorder?.close();
  }
}

function drive(
  explorer: RunningExplorer,
  script: readonly ScriptStep[],
  still: (path: string) => void,
): void {
  const driver = {
    handle: (event: ExplorerEvent) => {
      explorer.handle(event);
    },
    rows: () => explorer.rows(),
    still,
  };
  playScript(driver, script).then(
    () => {
      explorer.leave();
    },
    (error: unknown) => {
      explorer.leave({ error });
    },
  );
}

const ENDING = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Whatever ends the process, the terminal is given back first. */
async function untilLeft(explorer: RunningExplorer, giveBack: () => void): Promise<number> {
  let status = 0;
  const listeners = Object.entries(ENDING).map(([signal, number]) => {
    const listener = () => {
      status = number;
      explorer.leave();
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  const resume = () => {
    explorer.resume();
  };
  process.on('SIGCONT', resume);
  process.on('exit', giveBack);
  try {
    await explorer.ended;
    return status;
  } finally {
    process.off('SIGCONT', resume);
    process.off('exit', giveBack);
    for (const [signal, listener] of listeners) process.off(signal, listener);
  }
}

/** Before the screen is taken: a name that is wrong is an error like any other. */
async function targetPage(targets: TargetContext, text: string): Promise<Page> {
  const target = await resolveTarget(targets, text);
  target.close();
  const name = target.subject.target;
  if (target.kind === 'process') return processesPage(name);
  return target.kind === 'container' ? containerPage(name) : imagePage(name);
}

function chooseTheme({ host }: Context, asked: string | undefined): ScreenTheme {
  const { NO_COLOR: noColor = '', CUTAWAY_THEME: configured } = host.environment;
  const wanted = asked ?? (noColor === '' ? configured : 'none') ?? 'default';
  const name = THEME_NAMES.find((one) => one === wanted);
  if (name !== undefined) return THEMES[name];
  throw new CutawayError('INVALID_INPUT', `CUTAWAY_THEME "${wanted}" is no theme`, {
    hint: `one of ${THEME_NAMES.join(', ')}`,
  });
}

function readScript({ host }: Context, name: string) {
  return parseScript(host.readText(name === '-' ? '/dev/stdin' : name));
}
