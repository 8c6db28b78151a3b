// Which credential is meant for which registry. Docker and Podman write the same files with keys of
// their own: Docker a host, or for its hub a URL; Podman also a part of the repository behind it.

/** The registry of a reference, and the repository when one credential of many is wanted. */
export interface CredentialPlace {
  /** `docker.io`, `localhost:5000`. */
  readonly registry: string;
  readonly repository?: string | undefined;
}

const HUB = 'docker.io';
/** What Docker has called its hub by since it had an index of version 1. */
export const HUB_KEY = 'https://index.docker.io/v1/';

/** The key that Docker stores credentials by, and gives its helpers as the server's URL. */
export function dockerKey(registry: string): string {
  return registry === HUB ? HUB_KEY : registry;
}

/**
 * How well a key fits, higher is better; undefined when it is for something else. A key that is a
 * URL stands for its host, whatever its path (Docker's rule); one without a scheme may end with the
 * beginning of a repository, in whole components (containers-auth.json(5)), and the longest wins.
 */
export function keyRank(
  key: string,
  { registry, repository }: CredentialPlace,
): number | undefined {
  if (key === registry || key === dockerKey(registry)) return 2;
  const bare = key.replace(/^https?:\/\//, '');
  const isUrl = bare !== key;
  const slash = bare.indexOf('/');
  const host = (slash < 0 ? bare : bare.slice(0, slash)).toLowerCase();
  if ((host === 'index.docker.io' ? HUB : host) !== registry.toLowerCase()) return undefined;
  const path = slash < 0 ? '' : bare.slice(slash + 1).replace(/\/$/, '');
  if (isUrl || ['', 'v1', 'v2'].includes(path)) return 1;
  if (repository === undefined || !`${repository}/`.startsWith(`${path}/`)) return undefined;
  return 2 + path.length;
}

/** The key that fits best. */
export function bestKey(keys: readonly string[], place: CredentialPlace): string | undefined {
  let best: { key: string; rank: number } | undefined;
  for (const key of keys) {
    const rank = keyRank(key, place);
    if (rank !== undefined && (best === undefined || rank > best.rank)) best = { key, rank };
  }
  return best?.key;
}
