// What stands in /etc/hosts and /etc/resolv.conf of a container: resolv.conf(5), hosts(5).
import { CutawayError } from '../../oci/error.js';
import type { NameWishes } from './settings.js';

const LOOPBACK_HOSTS = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/** `ofHost`: the host's own, where the container has the host's network. */
export function makeHosts({ hosts = [] }: NameWishes, ofHost: string | undefined): string {
  // As Docker: with names of its own it is no copy.
  if (hosts.length === 0 && ofHost !== undefined) return ofHost;
  return LOOPBACK_HOSTS + hosts.map(({ name, address }) => `${address}\t${name}\n`).join('');
}

/** The host's own, with what was asked for in the place of what it says of that. */
export function makeResolvConf(wishes: NameWishes, ofHost: string): string {
  const { servers = [], search = [], options = [] } = wishes;
  if (servers.length + search.length + options.length === 0) return ofHost;
  const domains = search.length > 0 ? search.filter((domain) => domain !== '.') : undefined;
  const lines = [
    wordLine('search', domains ?? lastOf(ofHost, /^\s*search\s+(.+)$/gm)),
    ...(servers.length > 0 ? servers : allOf(ofHost, /^\s*nameserver\s+(\S+)/gm)).map(
      (server) => `nameserver ${server}\n`,
    ),
    wordLine('options', options.length > 0 ? options : lastOf(ofHost, /^\s*options\s+(.+)$/gm)),
  ];
  return lines.join('');
}

function wordLine(name: string, words: readonly string[]): string {
  return words.length === 0 ? '' : `${name} ${words.join(' ')}\n`;
}

function allOf(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}

function lastOf(text: string, pattern: RegExp): string[] {
  return allOf(text, pattern).at(-1)?.trim().split(/\s+/) ?? [];
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const IPV6 = /^(?=.*:)[0-9a-f:]{2,39}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?$/i;

export function parseAddress(text: string, option: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  if (IPV4.test(bare) || IPV6.test(bare)) return bare;
  throw new CutawayError('INVALID_INPUT', `${option} ${JSON.stringify(text)}: no IP address`);
}

/** NAME:ADDRESS or NAME=ADDRESS. */
export function parseExtraHost(text: string): { name: string; address: string } {
  const at = text.search(/[:=]/);
  const name = text.slice(0, Math.max(0, at));
  if (name !== '' && !/\s/.test(name)) {
    return { name, address: parseAddress(text.slice(at + 1), '--add-host') };
  }
  throw new CutawayError('INVALID_INPUT', `--add-host ${JSON.stringify(text)}: no name`, {
    hint: 'it is NAME:ADDRESS: --add-host db:10.0.0.7',
  });
}
