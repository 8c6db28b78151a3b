// How a container is called and what names mean in it, with Docker's names.
import { present } from '../../oci/json-reader.js';
import { CutawayError } from '../../oci/error.js';
import { parseAddress, parseExtraHost } from '../../runtime/spec/name-files.js';
import type { ContainerSettings } from '../../runtime/spec/settings.js';
import type { OptionSpecs, OptionValues } from '../command.js';
import type { Context } from '../context.js';
import { orNothing } from './privilege-options.js';

export const NAME_OPTIONS = {
  domainname: { type: 'string', value: 'NAME', describe: 'its NIS domain name' },
  dns: { type: 'strings', value: 'ADDRESS', describe: 'a name server; else those of the host' },
  'dns-search': {
    type: 'strings',
    value: 'DOMAIN',
    describe: 'where short names are looked up; ".": nowhere',
  },
  'dns-option': { type: 'strings', value: 'OPTION', describe: 'an option for resolv.conf' },
  'dns-opt': { type: 'strings', value: 'OPTION', describe: 'the same' },
  'add-host': { type: 'strings', value: 'NAME:ADDRESS', describe: 'a line for /etc/hosts' },
  'label-file': { type: 'strings', value: 'FILE', describe: 'the labels of a file' },
  annotation: { type: 'strings', value: 'KEY=VALUE', describe: 'a note for the runtime' },
  cidfile: { type: 'string', value: 'FILE', describe: 'a new file for its id' },
} as const satisfies OptionSpecs;

type Options = OptionValues<typeof NAME_OPTIONS>;

export function readNames(options: Options): ContainerSettings {
  const names = present({
    servers: orNothing(options.dns.map((text) => parseAddress(text, '--dns'))),
    search: orNothing(options['dns-search']),
    options: orNothing([...options['dns-option'], ...options['dns-opt']]),
    hosts: orNothing(options['add-host'].map(parseExtraHost)),
  });
  return present({
    names: orNothing(names),
    domainname: options.domainname,
    annotations: orNothing(Object.fromEntries(options.annotation.map(parseAnnotation))),
  });
}

/** Files first; the later value of a key counts. */
export function readLabels(
  { host }: Context,
  given: readonly string[],
  files: readonly string[],
): Record<string, string> {
  const lines = files.flatMap((path) =>
    host
      .readText(host.realPath(path))
      .split(/\r?\n/)
      .map((line) => line.trimStart())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
  return Object.fromEntries([...lines, ...given].map(parseLabel));
}

function parseLabel(text: string): [string, string] {
  const at = text.indexOf('=');
  const key = at < 0 ? text : text.slice(0, at);
  if (key.trim() === '') {
    throw new CutawayError('INVALID_INPUT', `--label ${JSON.stringify(text)}: no key`);
  }
  return [key, at < 0 ? '' : text.slice(at + 1)];
}

function parseAnnotation(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CutawayError('INVALID_INPUT', `--annotation ${JSON.stringify(text)}: no KEY=VALUE`);
}

/** Before anything is made: an id that is there may be that of another container. */
export function requireNewFile({ host }: Context, { cidfile }: Options): void {
  if (cidfile === undefined || host.findStatus(cidfile) === undefined) return;
  throw new CutawayError('ALREADY_EXISTS', `--cidfile ${cidfile}: it is there`, {
    hint: 'remove it when its container is gone',
  });
}

export function writeID({ host }: Context, { cidfile }: Options, id: string): void {
  if (cidfile !== undefined) host.writeFile(cidfile, id);
}
