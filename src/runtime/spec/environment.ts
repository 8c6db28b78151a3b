import { CutawayError } from '../../oci/error.js';
import type { ImageConfig } from '../../oci/image-config.js';

/** Variables of the one who calls: what a bare NAME takes its value from. */
export type CallerEnvironment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentOptions {
  readonly hostname: string;
  readonly terminal: boolean;
  /** Of the user's passwd entry. */
  readonly home: string;
  /** What was asked for, in order, files first: "NAME=value", or "NAME" for the caller's value. */
  readonly variables: readonly string[];
  readonly caller: CallerEnvironment;
}

/** Docker's, for images that name none. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The environment of the first process by Docker's rules: ours, then the image's, then what was
 * asked for; the later value of a name wins. A bare NAME that the caller does not have is removed.
 */
export function mergeEnvironment(
  image: Pick<ImageConfig, 'config'>,
  options: EnvironmentOptions,
): string[] {
  const merged = new Map<string, string>([
    ['PATH', DEFAULT_PATH],
    ['HOSTNAME', options.hostname],
  ]);
  if (options.terminal) merged.set('TERM', 'xterm');
  for (const variable of image.config?.Env ?? []) setVariable(merged, variable, {});
  for (const variable of options.variables) {
    checkVariable(variable);
    setVariable(merged, variable, options.caller);
  }
  if (!merged.has('HOME')) merged.set('HOME', options.home);
  return [...merged].map(([name, value]) => `${name}=${value}`);
}

/**
 * The variables of an --env-file: a line is "NAME=value" as it stands (no quotes, no escapes),
 * or "NAME" for the caller's value, and left out when the caller has none; "#" starts a comment.
 * `where` names the file in messages.
 */
export function parseEnvFile(text: string, caller: CallerEnvironment, where: string): string[] {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const trimmed = line.replace(/^[ \t\v\f\r]+/, '');
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    return readLine(trimmed, caller, `read env file ${JSON.stringify(where)}, line ${index + 1}`);
  });
}

function readLine(line: string, caller: CallerEnvironment, where: string): string[] {
  const [name, value] = splitVariable(line);
  if (name === '') throw new CutawayError('INVALID_INPUT', `${where}: no variable name`);
  if (/\s/.test(name)) {
    const quoted = JSON.stringify(name);
    throw new CutawayError('INVALID_INPUT', `${where}: variable ${quoted} contains whitespace`);
  }
  checkVariable(line);
  if (value !== undefined) return [line];
  const own = caller[name];
  return own === undefined ? [] : [`${name}=${own}`];
}

function setVariable(merged: Map<string, string>, variable: string, caller: CallerEnvironment) {
  const [name, value = caller[name]] = splitVariable(variable);
  if (value === undefined) merged.delete(name);
  else merged.set(name, value);
}

/** environ(7): a name that is empty or a NUL cannot be passed to a program. */
function checkVariable(variable: string): void {
  if (variable === '' || variable.startsWith('=') || variable.includes('\0')) {
    const quoted = JSON.stringify(variable);
    throw new CutawayError('INVALID_INPUT', `invalid environment variable ${quoted}`);
  }
}

function splitVariable(text: string): [name: string, value: string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
