// What `login` and `logout` write. Docker's own rules: one JSON file, everything else in it kept.
import type { Host } from '../../host/host.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import {
  credentialFiles,
  helperFor,
  objectIn,
  readCredentialFile,
  type CredentialFile,
  type JsonObject,
} from './credential-file.js';
import { eraseInHelper, storeInHelper } from './credential-helper.js';
import { keyRank } from './credential-key.js';
import type { Credential } from './registry-client.js';
import { serverOf } from './stored-credentials.js';

export interface CredentialKeeper {
  readonly path: string;
  /** The program that keeps the secret; undefined when the file itself does, in plain text. */
  readonly helper: string | undefined;
}

/** Where `login` writes: the file that REGISTRY_AUTH_FILE names, else Docker's. */
function ownFile(host: Host): CredentialFile {
  const [first] = credentialFiles(host);
  const isOwn = first?.kind === 'docker' || host.environment['REGISTRY_AUTH_FILE'] === first?.path;
  if (first !== undefined && isOwn) return first;
  throw new CutawayError('UNAVAILABLE', 'no place for credentials: HOME is not set', {
    hint: 'DOCKER_CONFIG names a directory for them',
  });
}

export async function storeCredential(
  host: Host,
  registry: string,
  credential: Credential,
): Promise<CredentialKeeper> {
  const file = ownFile(host);
  const document = readCredentialFile(host, file) ?? {};
  const helper = helperFor(document, { registry });
  const server = serverOf(file, { registry });
  if (helper !== undefined) await storeInHelper(host, helper, server, credential);
  // Docker leaves an empty entry for what its helper has, and lists registries by them.
  const entry = helper === undefined ? makeEntry(credential) : {};
  const auths = { ...withoutRegistry(objectIn(document, 'auths'), registry), [server]: entry };
  writeCredentialFile(host, file, { ...document, auths });
  return { path: file.path, helper };
}

/** Undefined when there was nothing to erase. */
export async function eraseCredential(
  host: Host,
  registry: string,
): Promise<CredentialKeeper | undefined> {
  const file = ownFile(host);
  const document = readCredentialFile(host, file);
  if (document === undefined) return undefined;
  const helper = helperFor(document, { registry });
  if (helper !== undefined) await eraseInHelper(host, helper, serverOf(file, { registry }));
  const before = objectIn(document, 'auths');
  const auths = withoutRegistry(before, registry);
  if (Object.keys(auths).length === Object.keys(before).length) {
    return helper === undefined ? undefined : { path: file.path, helper };
  }
  writeCredentialFile(host, file, { ...document, auths });
  return { path: file.path, helper };
}

function makeEntry({ username, password, identityToken }: Credential): JsonObject {
  const pair = identityToken === undefined ? `${username}:${password}` : `${username}:`;
  const auth = Buffer.from(pair, 'utf8').toString('base64');
  return identityToken === undefined ? { auth } : { auth, identitytoken: identityToken };
}

/** Every key that stands for the whole registry; those of parts of it are somebody else's. */
function withoutRegistry(entries: JsonObject, registry: string): JsonObject {
  const kept = Object.entries(entries).filter(([key]) => keyRank(key, { registry }) === undefined);
  return Object.fromEntries(kept);
}

/** The file keeps its owner; nobody else may read it, whatever its mode was. */
function writeCredentialFile(host: Host, { path }: CredentialFile, document: JsonObject): void {
  const target = realPath(host, path);
  const slash = target.lastIndexOf('/');
  if (slash > 0) host.createDirectory(target.slice(0, slash), { mode: 0o700, parents: true });
  const before = host.findStatus(target);
  host.writeFileAtomic(target, `${JSON.stringify(document, null, '\t')}\n`, 0o600);
  if (before !== undefined && host.effectiveUid === 0 && before.uid !== 0) {
    host.setOwner(target, before.uid, before.gid);
  }
}

/** Through a link, as to a file of a dotfiles repository; itself when there is nothing yet. */
function realPath(host: Host, path: string): string {
  try {
    return host.realPath(path);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return path;
    throw error;
  }
}
