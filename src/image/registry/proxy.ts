// HTTP_PROXY, HTTPS_PROXY and NO_PROXY, as curl and Go's net/http/httpproxy read them.
import { CutawayError } from '../../oci/error.js';
import { bareHost, isInNetwork, isLoopback } from './network-name.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy that a request to `url` goes through; undefined for none. */
export function findProxy(url: URL, environment: Environment): URL | undefined {
  if (isLoopback(url.hostname)) return undefined;
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = variable(environment, name);
  if (text === undefined || isExcepted(url, variable(environment, 'NO_PROXY') ?? '')) {
    return undefined;
  }
  const withScheme = text.includes('://') ? text : `http://${text}`;
  const proxy = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy;
  // Its value may have a password in it.
  throw new CutawayError('INVALID_INPUT', `the variable ${name} has no http or https URL`);
}

/** The lower-case name comes first, as curl has it. */
function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name.toLowerCase()] ?? environment[name];
  return value === undefined || value === '' ? undefined : value;
}

/** `example.com` and `.example.com` mean the hosts below too; Go says the first means itself as well. */
function isExcepted(url: URL, list: string): boolean {
  const host = bareHost(url.hostname);
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return list
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== '')
    .some((item) => {
      if (item === '*' || isInNetwork(host, item)) return true;
      const [, name = item, onPort] = /^(.*?)(?::(\d+))?$/.exec(item) ?? [];
      if (onPort !== undefined && onPort !== port) return false;
      const bare = bareHost(name).replace(/^\*?\./, '');
      const isBelow = host.endsWith(`.${bare}`);
      return /^\*?\./.test(name) ? isBelow : isBelow || host === bare;
    });
}
