// The options that `run` and `create` share, with Docker's names and habits.
import { CutawayError } from '../../oci/error.js';
import type { CreateOptions } from '../../runtime/create-container.js';
import { parseEnvFile } from '../../runtime/spec/environment.js';
import type { OptionSpecs, OptionValues } from '../command.js';
import type { Context } from '../context.js';
import { FILE_OPTIONS, readFiles } from './file-options.js';
import { readLabels } from './name-options.js';
import { readNetwork } from './namespace-options.js';
import { CREATE_SETTINGS, readSettings } from './setting-options.js';
import { HEALTH_OPTIONS, readHealthChoice } from '../health-options.js';
import { RESTART_OPTION } from '../restart-option.js';
import { parseRestartPolicy } from '../../runtime/restart-policy.js';
import { readLogLimits } from '../log-limits.js';
import { readSeconds } from '../seconds.js';

export const CONTAINER_OPTIONS = {
  name: { type: 'string', value: 'NAME', describe: 'its name; else one is invented' },
  hostname: {
    type: 'string',
    alias: 'h',
    value: 'NAME',
    describe: 'its host name; else its short id',
  },
  interactive: { type: 'boolean', alias: 'i', describe: 'keep stdin open' },
  tty: { type: 'boolean', alias: 't', describe: 'give it a terminal' },
  env: { type: 'strings', alias: 'e', value: 'NAME[=VALUE]', describe: 'set a variable' },
  'env-file': { type: 'strings', value: 'FILE', describe: 'set the variables of a file' },
  workdir: { type: 'string', alias: 'w', value: 'DIR', describe: 'working directory inside' },
  user: { type: 'string', alias: 'u', value: 'NAME|UID[:GROUP]', describe: 'who it runs as' },
  entrypoint: { type: 'string', value: 'PROGRAM', describe: "instead of the image's entrypoint" },
  'read-only': { type: 'boolean', describe: 'its root file system cannot be written' },
  'stop-signal': {
    type: 'string',
    value: 'SIGNAL',
    describe: "what `stop` sends; else the image's",
  },
  'stop-timeout': {
    type: 'string',
    value: 'SECONDS',
    describe: 'how long `stop` waits before it kills',
  },
  'log-driver': {
    type: 'string',
    value: 'json-file',
    choices: ['json-file'],
    describe: 'as in Docker; there is one',
  },
  'log-opt': {
    type: 'strings',
    value: 'max-size=SIZE|max-file=N',
    describe: 'when its log is turned, and how many files are kept',
  },
  ...RESTART_OPTION,
  init: {
    type: 'boolean',
    describe: 'run an init in it, which reaps children and passes signals on',
  },
  ...HEALTH_OPTIONS,
  label: { type: 'strings', alias: 'l', value: 'KEY=VALUE', describe: 'a label' },
  rm: { type: 'boolean', describe: 'remove it when it ends' },
  platform: { type: 'string', value: 'OS/ARCH', describe: 'which of the image to take' },
  pull: {
    type: 'string',
    value: 'always|missing|never',
    choices: ['always', 'missing', 'never'],
    describe: 'when to ask the registry for the image; default missing',
  },
  ...FILE_OPTIONS,
  ...CREATE_SETTINGS,
} as const satisfies OptionSpecs;

export function readCreateOptions(
  context: Context,
  args: readonly string[],
  options: OptionValues<typeof CONTAINER_OPTIONS>,
): CreateOptions {
  const { name, hostname, entrypoint, workdir, user } = options;
  const stopSignal = options['stop-signal'];
  const restartPolicy = parseRestartPolicy(options.restart ?? 'no');
  const stopTimeout = readSeconds('--stop-timeout', options['stop-timeout']);
  requireAbsolute(workdir);
  const settings = readSettings(context, options);
  const { tmpfs: mounted, ...files } = readFiles(options);
  const tmpfs = [...(settings.tmpfs ?? []), ...mounted];
  return {
    ...(name === undefined ? {} : { name }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(workdir === undefined ? {} : { workingDirectory: workdir }),
    ...(user === undefined ? {} : { user }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
    ...(stopTimeout === undefined ? {} : { stopTimeout }),
    args,
    variables: readVariables(context, options),
    terminal: options.tty,
    openStdin: options.interactive,
    stdinOnce: options.interactive,
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    init: options.init,
    health: readHealthChoice(options),
    ...readLogLimits(options['log-driver'], options['log-opt']),
    autoRemove: options.rm,
    readOnly: options['read-only'],
    network: readNetwork(options),
    ...files,
    labels: readLabels(context, options.label, options['label-file']),
    settings: { ...settings, ...(tmpfs.length === 0 ? {} : { tmpfs }) },
  };
}

export function requireAbsolute(workdir: string | undefined): void {
  if (workdir === undefined || workdir.startsWith('/')) return;
  throw new CutawayError('INVALID_INPUT', `working directory "${workdir}" is not absolute`);
}

/** Files first, as Docker orders them; a bare NAME takes the caller's value now. */
export function readVariables(
  { host }: Context,
  options: { env: readonly string[]; 'env-file': readonly string[] },
): string[] {
  const caller = host.environment;
  const files = options['env-file'].flatMap((path) =>
    parseEnvFile(host.readText(host.realPath(path)), caller, path),
  );
  const given = options.env.map((variable) => {
    const value = caller[variable];
    return variable.includes('=') || value === undefined ? variable : `${variable}=${value}`;
  });
  return [...files, ...given];
}
