// Files that Docker and Podman keep credentials in: config.json (docker-login(1)) and auth.json
// (containers-auth.json(5)). No message says anything of what is in them but keys and programs.
import type { ReadHost } from '../../host/host.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { bestKey, type CredentialPlace } from './credential-key.js';
import type { Credential } from './registry-client.js';

export interface CredentialFile {
  readonly path: string;
  /** Whose rules its helpers go by: what they call Docker Hub. */
  readonly kind: 'docker' | 'podman';
}

export type JsonObject = Readonly<Record<string, unknown>>;

const MAXIMUM_BYTES = 8 * 1024 * 1024;

/** In the order in which they are asked. The first is also where `login` writes. */
export function credentialFiles({ environment, effectiveUid }: ReadHost): CredentialFile[] {
  const set = (name: string) => {
    const value = environment[name];
    return value === undefined || value === '' ? undefined : value;
  };
  const home = set('HOME');
  const named = set('REGISTRY_AUTH_FILE');
  const docker = set('DOCKER_CONFIG') ?? beneath(home, '.docker');
  const podman = set('XDG_RUNTIME_DIR') ?? `/run/user/${effectiveUid}`;
  const files: readonly (CredentialFile | undefined)[] = [
    named === undefined ? undefined : { path: named, kind: 'podman' },
    docker === undefined ? undefined : { path: `${docker}/config.json`, kind: 'docker' },
    { path: `${podman}/containers/auth.json`, kind: 'podman' },
    // Where Podman keeps them that has no XDG_RUNTIME_DIR, as root's mostly.
    { path: `/run/containers/${effectiveUid}/auth.json`, kind: 'podman' },
    podmanInHome(home, set('XDG_CONFIG_HOME')),
  ];
  return files.filter((file) => file !== undefined);
}

function beneath(home: string | undefined, name: string): string | undefined {
  return home === undefined ? undefined : `${home}/${name}`;
}

function podmanInHome(
  home: string | undefined,
  config = beneath(home, '.config'),
): CredentialFile | undefined {
  return config === undefined
    ? undefined
    : { path: `${config}/containers/auth.json`, kind: 'podman' };
}

/** Undefined when there is no such file; a link to it is followed, as Docker and Podman do. */
export function readCredentialFile(
  host: ReadHost,
  { path }: CredentialFile,
): JsonObject | undefined {
  let text: string;
  try {
    text = host.readText(host.realPath(path), MAXIMUM_BYTES);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
  if (text.trim() === '') return {};
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // The parser's own message quotes what it read.
    throw new CutawayError('CORRUPT', `read "${path}": it is no JSON`);
  }
  if (isObject(document)) return document;
  throw new CutawayError('CORRUPT', `read "${path}": it is no JSON object`);
}

/** The helper program that answers for a registry: `docker-credential-` stands before its name. */
export function helperFor(document: JsonObject, { registry }: CredentialPlace): string | undefined {
  const helpers = objectIn(document, 'credHelpers');
  const key = bestKey(Object.keys(helpers), { registry });
  const name = key === undefined ? document['credsStore'] : helpers[key];
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** What the file itself says; an entry without a secret is none. */
export function findInFile(
  document: JsonObject,
  place: CredentialPlace,
  { path }: CredentialFile,
): Credential | undefined {
  const entries = objectIn(document, 'auths');
  const key = bestKey(Object.keys(entries), place);
  if (key === undefined) return undefined;
  const credential = parseEntry(objectIn(entries, key));
  if (credential !== 'malformed') return credential;
  throw new CutawayError(
    'CORRUPT',
    `read "${path}": what it has of ${key} is no name and password`,
  );
}

function parseEntry(entry: JsonObject): Credential | undefined | 'malformed' {
  const text = (key: string) => (typeof entry[key] === 'string' ? entry[key] : '');
  const identityToken = text('identitytoken');
  const registryToken = text('registrytoken');
  const pair = text('auth') === '' ? undefined : parsePair(text('auth'));
  if (pair === 'malformed') return pair;
  const username = pair?.username ?? text('username');
  const password = pair?.password ?? text('password');
  if (username === '' && identityToken === '' && registryToken === '') return undefined;
  return {
    username,
    password,
    ...(identityToken === '' ? {} : { identityToken }),
    ...(registryToken === '' ? {} : { registryToken }),
  };
}

/** Base64 of `name:password`; old clients of Docker left NULs behind the password. */
function parsePair(auth: string): { username: string; password: string } | 'malformed' {
  if (!/^[A-Za-z0-9+/_-]+={0,2}\s*$/.test(auth)) return 'malformed';
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return 'malformed';
  return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
}

/** A member that is an object; an empty one for anything else. */
export function objectIn(document: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(document, key) ? document[key] : undefined;
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
