import type { ReadHost } from '../../host/host.js';
import { CutawayError } from '../../oci/error.js';
import {
  credentialFiles,
  findInFile,
  helperFor,
  readCredentialFile,
  type CredentialFile,
} from './credential-file.js';
import { askHelper } from './credential-helper.js';
import { dockerKey, type CredentialPlace } from './credential-key.js';
import type { Credential, Credentials } from './registry-client.js';

export interface FoundCredential {
  readonly credential: Credential;
  /** The file that has it, or says which helper has. */
  readonly file: CredentialFile;
}

export interface StoredCredentialsOptions {
  /**
   * Told of a file or a helper that cannot be asked. That is no reason to stop: what is public
   * needs no credentials, and Docker goes on too.
   */
  readonly onProblem?: (message: string) => void;
}

/** What `docker login`, `podman login` and `cutaway login` have left on this machine. */
export function storedCredentials(
  host: ReadHost,
  options: StoredCredentialsOptions = {},
): Credentials {
  const known = new Map<string, Promise<FoundCredential | undefined>>();
  return {
    find: async (registry, repository) => {
      const key = `${registry}/${repository ?? ''}`;
      const found = known.get(key) ?? findStored(host, { registry, repository }, options);
      known.set(key, found);
      return (await found)?.credential;
    },
  };
}

/** The first file that has one, or whose helper has one. */
export async function findStored(
  host: ReadHost,
  place: CredentialPlace,
  { onProblem }: StoredCredentialsOptions = {},
): Promise<FoundCredential | undefined> {
  for (const file of credentialFiles(host)) {
    try {
      const credential = await findIn(host, file, place);
      if (credential !== undefined) return { credential, file };
    } catch (error) {
      if (!(error instanceof CutawayError)) throw error;
      onProblem?.(`credentials for ${place.registry}: ${error.message}`);
    }
  }
  return undefined;
}

/** Where a helper is named, it alone answers for this file: Docker's rule. */
async function findIn(
  host: ReadHost,
  file: CredentialFile,
  place: CredentialPlace,
): Promise<Credential | undefined> {
  const document = readCredentialFile(host, file);
  if (document === undefined) return undefined;
  const helper = helperFor(document, place);
  if (helper === undefined) return findInFile(document, place, file);
  return await askHelper(host, helper, serverOf(file, place));
}

/** What a helper knows the registry by. */
export function serverOf({ kind }: CredentialFile, { registry }: CredentialPlace): string {
  return kind === 'docker' ? dockerKey(registry) : registry;
}
