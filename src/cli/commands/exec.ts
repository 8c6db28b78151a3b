import type { ChildProcess, Terminal } from '../../host/host.js';
import { execDetached, execInContainer, execOnTerminal } from '../../runtime/exec-container.js';
import type { ExecWishes } from '../../runtime/exec-process.js';
import { parseSignal } from '../../runtime/signal.js';
import { resolveContainer } from '../../runtime/store/container-store.js';
import { defineCommand } from '../command.js';
import { consoleSize } from '../console-size.js';
import { contextStore, type Context } from '../context.js';
import { requireTerminal } from '../foreground.js';
import { passSignals } from '../pass-signals.js';
import { enterRawMode } from '../raw-terminal.js';
import { CONTAINER_OPTIONS, readVariables, requireAbsolute } from './container-options.js';

const { env, 'env-file': envFile } = CONTAINER_OPTIONS;

export const exec = defineCommand({
  usage: '[OPTIONS] CONTAINER COMMAND [ARG…]',
  options: {
    interactive: { type: 'boolean', alias: 'i', describe: 'give it our stdin' },
    tty: { type: 'boolean', alias: 't', describe: 'give it a terminal' },
    detach: { type: 'boolean', alias: 'd', describe: 'leave it running' },
    env,
    'env-file': envFile,
    workdir: { type: 'string', alias: 'w', value: 'DIR', describe: "else the container's own" },
    user: { type: 'string', alias: 'u', value: 'NAME|UID[:GROUP]', describe: 'who it runs as' },
    privileged: { type: 'boolean', describe: 'with all capabilities that there are' },
  },
  least: 2,
  most: Infinity,
  stopsAtArgument: true,
  examples: ['cutaway exec web ls -l /', 'cutaway exec -it -u root web sh'],
  async run(context, [name = '', ...args], options) {
    const { tty, interactive, workdir, user } = options;
    requireAbsolute(workdir);
    if (!options.detach) requireTerminal(context, { terminal: tty }, interactive);
    const store = await contextStore(context);
    const container = resolveContainer(store, name);
    const wishes: ExecWishes = {
      args,
      variables: readVariables(context, options),
      ...(workdir === undefined ? {} : { workingDirectory: workdir }),
      ...(user === undefined ? {} : { user }),
      terminal: tty,
      privileged: options.privileged,
      ...(tty ? consoleSize(context) : {}),
    };
    if (options.detach) {
      await execDetached(store, container, wishes);
      return 0;
    }
    if (tty) {
      const typed = interactive ? context.stdin : undefined;
      return await onTerminal(context, typed, (use) =>
        execOnTerminal(store, container, wishes, use),
      );
    }
    let child: ChildProcess | undefined;
    const signals = passSignals((signal) => child?.kill(signal));
    signals.flush();
    try {
      return await execInContainer(store, container, wishes, {
        stdin: interactive ? 'inherit' : 'ignore',
        onStderr: (chunk) => context.stderr.write(chunk),
        onChild: (runtime) => (child = runtime),
      });
    } finally {
      signals.stop();
    }
  },
});

/** Our terminal is that of the process until it ends, and then what it was before. */
async function onTerminal(
  context: Context,
  stdin: Context['stdin'] | undefined,
  run: (use: (terminal: Terminal) => void) => Promise<number>,
): Promise<number> {
  let leaveRawMode: () => void = () => undefined;
  // Ended from outside, we leave the process to itself, as Docker does, and the terminal as it was.
  const signals = passSignals((signal) => {
    leaveRawMode();
    process.exit(128 + parseSignal(signal));
  });
  signals.flush();
  let stopFollowing: (() => void) | undefined;
  try {
    return await run((terminal) => {
      terminal.stream.on('data', (chunk: Buffer) => context.stdout.write(chunk));
      leaveRawMode = enterRawMode(context, stdin);
      stdin?.on('data', (chunk: Buffer) => {
        stdin.pause();
        void terminal.write(chunk).then(() => stdin.resume());
      });
      const follow = () => {
        const { consoleSize: size } = consoleSize(context);
        if (size !== undefined) terminal.resize(size);
      };
      follow();
      process.on('SIGWINCH', follow);
      stopFollowing = () => process.off('SIGWINCH', follow);
    });
  } finally {
    signals.stop();
    stopFollowing?.();
    leaveRawMode();
    stdin?.destroy();
  }
}
