// How people write the name of a registry, where no repository follows it.
import { CutawayError } from '../../oci/error.js';

const HUB = 'docker.io';
/** The hosts of Docker Hub: of its index, of its images. */
const HUB_HOSTS: ReadonlySet<string> = new Set([HUB, 'index.docker.io', 'registry-1.docker.io']);

/**
 * The name in references: `https://index.docker.io/v1/` is `docker.io`, `http://reg.lan:5000/v2/` is
 * `reg.lan:5000`. Nothing means Docker Hub.
 */
export function parseRegistryName(text: string | undefined): string {
  if (text === undefined || text === '') return HUB;
  const [, scheme = '', host = '', path = ''] =
    /^(https?:\/\/)?([^/]*)(?:\/(.*))?$/i.exec(text) ?? [];
  if (!isHost(host)) {
    throw new CutawayError('INVALID_INPUT', `${JSON.stringify(cut(text))} is no registry`, {
      hint: 'it is a host, with its port where it needs one: registry.example.com:5000',
    });
  }
  if (scheme === '' && !['', 'v1', 'v1/', 'v2', 'v2/'].includes(path)) {
    throw new CutawayError('INVALID_INPUT', `${JSON.stringify(cut(text))} is part of a registry`, {
      hint: `credentials are for all of it: ${host}`,
    });
  }
  const name = host.toLowerCase();
  return HUB_HOSTS.has(name) ? HUB : name;
}

/** What a URL's host can be: so there is no user, query or space in it. */
function isHost(text: string): boolean {
  if (!/^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(text)) return false;
  return URL.canParse(`https://${text}/`);
}

/** A password that was typed in the wrong place is not shown whole. */
function cut(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
