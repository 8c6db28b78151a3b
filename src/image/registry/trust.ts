// Whom a TLS connection trusts: this machine's authorities, and those that Docker's and Podman's
// directories name for one registry. docs.docker.com/engine/security/certificates,
// containers-certs.d(5).
import type { ReadHost } from '../../host/host.js';
import type { TlsSettings } from '../../host/http.js';
import { CutawayError, hasCode } from '../../oci/error.js';

const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
const DIRECTORIES = ['/etc/docker/certs.d', '/etc/containers/certs.d'];
const LIMIT = 8 * 1024 * 1024;

/** Reads what is needed for a host, once for each. */
export function trustStore(host: ReadHost): (hostWithPort: string) => TlsSettings {
  let common: string[] | undefined;
  const known = new Map<string, TlsSettings>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    common ??= commonAuthorities(host);
    const settings = settingsFor(host, name, common);
    known.set(name, settings);
    return settings;
  };
}

/** Whether somebody has put certificates there for this host: then it speaks TLS. */
export function hasOwnCertificates(host: ReadHost, name: string): boolean {
  return certificateDirectories(host, name).length > 0;
}

function settingsFor(host: ReadHost, name: string, common: readonly string[]): TlsSettings {
  const files = certificateDirectories(host, name).flatMap((directory) =>
    host.readDirectory(host.realPath(directory)).map((entry) => `${directory}/${entry.name}`),
  );
  const own = files.filter((path) => path.endsWith('.crt')).map((path) => read(host, path));
  const certificate = files.find((path) => path.endsWith('.cert'));
  const authorities = [...common, ...own];
  return {
    // Without any, Node takes those that it carries.
    ...(authorities.length === 0 ? {} : { authorities }),
    ...(certificate === undefined ? {} : { certificate: readPair(host, certificate, files) }),
  };
}

function readPair(host: ReadHost, certificate: string, files: readonly string[]) {
  const key = certificate.replace(/\.cert$/, '.key');
  if (!files.includes(key)) {
    throw new CutawayError('NOT_FOUND', `read "${key}": "${certificate}" has no key beside it`);
  }
  return { certificate: read(host, certificate), key: read(host, key) };
}

function certificateDirectories(host: ReadHost, name: string): string[] {
  // A name with a slash in it would lead elsewhere.
  if (!/^[\w.:[\]-]+$/.test(name) || name.startsWith('.')) return [];
  const directories = DIRECTORIES.map((directory) => `${directory}/${name}`);
  return directories.filter((directory) => host.findStatus(directory) !== undefined);
}

/** In the place of Node's own list, which knows no authority of a company. */
function commonAuthorities(host: ReadHost): string[] {
  const chosen = host.environment['SSL_CERT_FILE'];
  const bundles = chosen === undefined || chosen === '' ? SYSTEM_BUNDLES : [chosen];
  const bundle = bundles.map((path) => find(host, path)).find((text) => text !== undefined);
  const extra = host.environment['NODE_EXTRA_CA_CERTS'];
  const added = extra === undefined || extra === '' ? undefined : find(host, extra);
  return [bundle, added].filter((text) => text !== undefined);
}

function find(host: ReadHost, path: string): string | undefined {
  try {
    return read(host, path);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

function read(host: ReadHost, path: string): string {
  return host.readText(host.realPath(path), LIMIT);
}
