// Where this machine gets Debian packages from, so that a test can get them there as well:
// what apt is configured to, asked at run time.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const SUITE = 'bookworm';

export interface Mirror {
  readonly uri: string;
  /** What `debootstrap` and `docker build` need to reach it. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The mirror, or in words why there is none. */
export function findMirror(): Mirror | string {
  let listed: string;
  try {
    const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
    const arguments_ = ['indextargets', '--format', format, 'Identifier: Packages'];
    listed = execFileSync('apt-get', arguments_, { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return 'apt-get tells of no package sources here';
  }
  const rows = listed.split('\n').map((line) => line.split(' '));
  const uri = rows.find(
    ([from, release, component]) =>
      /^https?:/.test(from ?? '') && release === SUITE && component === 'main',
  )?.[0];
  if (uri === undefined) return `apt has no http source for Debian ${SUITE} here`;
  const environment = proxyVariables();
  const place = `${uri.replace(/\/$/, '')}/dists/${SUITE}/Release`;
  const { status } = spawnSync('wget', ['-q', '--spider', '--tries=2', '--timeout=10', place], {
    env: { ...process.env, ...environment },
  });
  return status === 0 ? { uri, environment } : 'the Debian mirror of this machine does not answer';
}

const PROXY_NAMES = ['http_proxy', 'https_proxy', 'no_proxy'];

/** From the environment, else from apt: programs other than apt know the former only. */
function proxyVariables(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of PROXY_NAMES) {
    const value = process.env[name] ?? process.env[name.toUpperCase()] ?? aptProxy(name);
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

function aptProxy(name: string): string | undefined {
  const scheme = name.replace('_proxy', '');
  if (scheme === 'no') return undefined;
  return aptConfiguration()
    .find((line) => line.startsWith(`Acquire::${scheme}::Proxy "`))
    ?.replace(/^[^"]*"|";$/g, '');
}

function aptConfiguration(): string[] {
  const dump = execFileSync('apt-config', ['dump', '--format', '%F "%v";%n'], { encoding: 'utf8' });
  return dump.split('\n');
}

/** How to fetch, and nothing of what else is configured: hooks of this machine stay out. */
const FETCHING = /^Acquire::(?:https?|Check-|Max-|Retries|By-Hash|ForceIPv)/;

/** A directory that makes apt in an image work as it does here: APT_CONFIG is its `apt.conf`. */
export function writeAptDirectory(directory: string, inside: string, mirror: Mirror): void {
  mkdirSync(directory);
  const lines = aptConfiguration().filter((line) => FETCHING.test(line));
  const authority = process.env['SSL_CERT_FILE'] ?? '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(authority)) {
    writeFileSync(join(directory, 'authority.crt'), readFileSync(authority));
    lines.push(`Acquire::https::CAInfo "${inside}/authority.crt";`);
  }
  // Half the layer would be lists and caches: tens of megabytes that nobody looks at.
  lines.push('Acquire::GzipIndexes "true";', 'Dir::Cache::pkgcache "";');
  lines.push('Dir::Cache::srcpkgcache "";');
  lines.push(`Dir::Etc::SourceList "${inside}/sources.list";`, 'Dir::Etc::SourceParts "-";');
  writeFileSync(join(directory, 'apt.conf'), `${lines.join('\n')}\n`);
  writeFileSync(join(directory, 'sources.list'), `deb ${mirror.uri} ${SUITE} main\n`);
}
