// Instructions of a Dockerfile that change nothing but the config: what `commit -c` and `import -c` take
// (those of docker-commit(1)), and what a build does with the same words.
import { posix } from 'node:path';
import { splitWords, resolveWord, type Variables } from './dockerfile-words.js';
import { CutawayError } from './error.js';
import { readDuration } from './go-duration.js';
import type { ExecutionConfig, Healthcheck } from './image-config.js';

type Writable<Value> = { -readonly [Key in keyof Value]: Value[Key] };
type Config = Writable<ExecutionConfig>;

interface Step {
  readonly config: Config;
  /** Behind the instruction's name, trimmed. */
  readonly rest: string;
  readonly variables: Variables;
  /** What was given in the same list before: ENTRYPOINT spares a CMD of its own list. */
  readonly seen: ReadonlySet<string>;
}

const INSTRUCTIONS: Readonly<Record<string, (step: Step) => void>> = {
  CMD: ({ config, rest }) => {
    config.Cmd = readCommand(rest, config);
  },
  ENTRYPOINT: ({ config, rest, seen }) => {
    config.Entrypoint = readCommand(rest, config);
    // The Cmd below was written for another program.
    if (!seen.has('CMD')) delete config.Cmd;
  },
  ENV: changeVariables,
  EXPOSE: changePorts,
  HEALTHCHECK: ({ config, rest }) => {
    config.Healthcheck = readHealthcheck(rest, config);
  },
  LABEL: ({ config, rest, variables }) => {
    const pairs = readPairs('LABEL', rest, variables);
    config.Labels = { ...config.Labels, ...Object.fromEntries(pairs) };
  },
  ONBUILD: changeTriggers,
  STOPSIGNAL: ({ config, rest, variables }) => {
    config.StopSignal = readSignal(resolveWord(rest, variables));
  },
  USER: ({ config, rest, variables }) => {
    config.User = resolveWord(rest, variables);
  },
  VOLUME: changeVolumes,
  WORKDIR: ({ config, rest, variables }) => {
    const path = posix.resolve(config.WorkingDir || '/', resolveWord(rest, variables));
    config.WorkingDir = path;
  },
};

/** The instructions `changeConfig` takes, as people write them. */
export const CONFIG_INSTRUCTIONS: readonly string[] = Object.keys(INSTRUCTIONS);

/** Applies lines such as `ENV A=1` in their order. */
export function changeConfig(config: ExecutionConfig, lines: readonly string[]): ExecutionConfig {
  const changed: Config = { ...config };
  const seen = new Set<string>();
  for (const line of lines) {
    const [, word = '', rest = ''] = /^\s*(\S+)\s*(.*?)\s*$/s.exec(line) ?? [];
    const name = word.toUpperCase();
    const change = Object.hasOwn(INSTRUCTIONS, name) ? INSTRUCTIONS[name] : undefined;
    if (change === undefined) {
      throw new CutawayError(
        'INVALID_INPUT',
        `change ${JSON.stringify(line)}: not an instruction`,
        {
          hint: `there are ${CONFIG_INSTRUCTIONS.join(', ')}`,
        },
      );
    }
    try {
      if (rest === '') fail('it needs a value');
      change({ config: changed, rest, variables: variablesOf(changed), seen });
    } catch (error) {
      if (!(error instanceof CutawayError)) throw error;
      const message = `change ${JSON.stringify(line)}: ${error.message}`;
      throw new CutawayError(error.code, message, { cause: error });
    }
    seen.add(name);
  }
  return changed;
}

function fail(reason: string): never {
  throw new CutawayError('INVALID_INPUT', reason);
}

function variablesOf({ Env = [] }: ExecutionConfig): Variables {
  return new Map(
    Env.map((variable) => {
      const at = variable.indexOf('=');
      return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)];
    }),
  );
}

/** The JSON form as it stands; anything else is given to the shell. */
function readCommand(rest: string, { Shell = ['/bin/sh', '-c'] }: ExecutionConfig): string[] {
  return readStrings(rest) ?? [...Shell, rest];
}

/** `["a", "b"]`; undefined for what is not that. */
function readStrings(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const list = JSON.parse(text) as unknown;
    const isList = Array.isArray(list) && list.every((item) => typeof item === 'string');
    return isList ? list : undefined;
  } catch {
    return undefined;
  }
}

/** `A=1 B="two words"`, or the old `A all the rest`. */
function readPairs(name: string, rest: string, variables: Variables): [string, string][] {
  const words = splitWords(rest);
  const [first = ''] = words;
  if (!first.includes('=')) {
    const value = rest.slice(first.length).trim();
    if (value === '') fail(`${name} takes NAME=VALUE`);
    return [[resolveWord(first, variables), resolveWord(value, variables)]];
  }
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at < 0) fail(`${JSON.stringify(word)} is not NAME=VALUE`);
    if (at === 0) fail(`${JSON.stringify(word)} has no name`);
    const read = (text: string) => resolveWord(text, variables);
    return [read(word.slice(0, at)), read(word.slice(at + 1))];
  });
}

/** A name keeps its place in the list; new ones come behind. */
function changeVariables({ config, rest, variables }: Step): void {
  const all = new Map(variables);
  for (const [name, value] of readPairs('ENV', rest, variables)) all.set(name, value);
  config.Env = [...all].map(([name, value]) => `${name}=${value}`);
}

const MOST_PORT = 65535;

function changePorts({ config, rest, variables }: Step): void {
  const ports = splitWords(rest)
    .map((word) => resolveWord(word, variables))
    .flatMap(readPorts);
  config.ExposedPorts = { ...config.ExposedPorts, ...setOf(ports) };
}

/** `80`, `80/udp`, `8000-8002/tcp`: each with its protocol. */
function readPorts(text: string): string[] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(text);
  const first = Number(match?.[1]);
  const last = Number(match?.[2] ?? first);
  if (match === null || last > MOST_PORT || last < first)
    fail(`${JSON.stringify(text)} is no port`);
  const protocol = (match[3] ?? 'tcp').toLowerCase();
  return Array.from({ length: last - first + 1 }, (_, at) => `${first + at}/${protocol}`);
}

function changeVolumes({ config, rest, variables }: Step): void {
  const words = readStrings(rest) ?? splitWords(rest);
  const volumes = words.map((word) => resolveWord(word, variables).trim());
  if (volumes.includes('')) fail('a volume has a path');
  config.Volumes = { ...config.Volumes, ...setOf(volumes) };
}

function setOf(keys: readonly string[]): Record<string, Readonly<Record<string, never>>> {
  return Object.fromEntries(keys.map((key) => [key, {}]));
}

function changeTriggers({ config, rest }: Step): void {
  const name = (/^\S+/.exec(rest)?.[0] ?? '').toUpperCase();
  if (name === 'ONBUILD') fail('ONBUILD within ONBUILD is not allowed');
  if (name === 'MAINTAINER' || name === 'FROM') fail(`${name} is no trigger of ONBUILD`);
  config.OnBuild = [...(config.OnBuild ?? []), rest];
}

/** signal(7): a name with or without SIG, or a number. */
function readSignal(text: string): string {
  const isSignal = /^(?:SIG)?(?:[A-Z]+[0-9]?|RTM(?:IN\+|AX-)[0-9]+)$/i.test(text);
  if (isSignal || (/^[0-9]{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64))
    return text;
  return fail(`${JSON.stringify(text)} is no signal`);
}

const FLAGS: Readonly<Record<string, 'Interval' | 'Timeout' | 'StartPeriod' | 'StartInterval'>> = {
  interval: 'Interval',
  timeout: 'Timeout',
  'start-period': 'StartPeriod',
  'start-interval': 'StartInterval',
};

/** `[--interval=30s …] CMD command`, or `NONE`. */
function readHealthcheck(text: string, { Shell }: ExecutionConfig): Healthcheck {
  const { flags, rest } = readFlags(text);
  const [, kind = '', command = ''] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
  if (kind.toUpperCase() === 'NONE' && command === '') return { Test: ['NONE'] };
  if (kind.toUpperCase() !== 'CMD' || command === '') fail('HEALTHCHECK takes CMD or NONE');
  const list = readStrings(command);
  if (list !== undefined) return { ...flags, Test: ['CMD', ...list] };
  // Only the default shell has a name of its own here.
  const test = Shell === undefined ? ['CMD-SHELL', command] : ['CMD', ...Shell, command];
  return { ...flags, Test: test };
}

function readFlags(text: string): { flags: Healthcheck; rest: string } {
  const flags: Writable<Healthcheck> = {};
  let rest = text;
  for (;;) {
    const match = /^--([a-z-]+)=(\S*)\s*/.exec(rest);
    if (match === null) return { flags, rest };
    const [whole, name = '', value = ''] = match;
    const key = Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
    if (key !== undefined) flags[key] = readDuration(value);
    else if (name === 'retries' && /^\d{1,6}$/.test(value)) flags.Retries = Number(value);
    else fail(`HEALTHCHECK does not take ${whole.trim()}`);
    rest = rest.slice(whole.length);
  }
}
