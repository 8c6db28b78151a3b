// Image names. The grammar is that of the distribution project (its `reference` package); the
// short forms are Docker's: no registry means docker.io, no namespace there means library/.
import { parseDigest, type Digest } from './digest.js';
import { CutawayError } from './error.js';
import { present } from './json-reader.js';

export interface Reference {
  /** Host with its port: `docker.io`, `localhost:5000`, `[::1]:5000`. */
  readonly registry: string;
  readonly repository: string;
  /** `latest` when the text named neither tag nor digest. */
  readonly tag?: string;
  readonly digest?: Digest;
}

const DEFAULT_REGISTRY = 'docker.io';
const LEGACY_REGISTRY = 'index.docker.io';
const OFFICIAL = 'library/';
const DEFAULT_TAG = 'latest';
const MAXIMUM_REPOSITORY_LENGTH = 255;
// No part but the registry's host is without a limit in the grammar; RFC 1035 ends that at 255.
const MAXIMUM_LENGTH = 1024;

const HOST_COMPONENT = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)';
const REGISTRY = new RegExp(
  `^(?:${HOST_COMPONENT}(?:\\.${HOST_COMPONENT})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
);
const PATH_COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const REPOSITORY = new RegExp(`^${PATH_COMPONENT}(?:/${PATH_COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const IDENTIFIER = /^[a-f0-9]{64}$/;

/** Reads a name as people type it: `busybox`, `ghcr.io/a/b:1@sha256:…`. */
export function parseReference(text: string): Reference {
  if (text === '') refuse(text, 'empty');
  if (text.length > MAXIMUM_LENGTH) refuse(text, `longer than ${MAXIMUM_LENGTH} characters`);
  refuseOtherNames(text);
  const [named, digestText] = cut(text, '@');
  const [registry, remainder] = splitRegistry(named);
  const [path, tagText] = cut(remainder, ':');
  const official = registry === DEFAULT_REGISTRY && !path.includes('/');
  const repository = official ? OFFICIAL + path : path;
  if (!REGISTRY.test(registry)) refuse(text, `not a registry host: ${JSON.stringify(registry)}`);
  checkRepository(text, path, repository);
  if (tagText !== undefined && !TAG.test(tagText)) {
    refuse(
      text,
      `not a tag: ${JSON.stringify(tagText)}`,
      'a tag is up to 128 letters, digits, "_", "." and "-", and starts with neither "." nor "-"',
    );
  }
  const digest = digestText === undefined ? undefined : parseDigest(digestText, operation(text));
  const tag = tagText ?? (digest === undefined ? DEFAULT_TAG : undefined);
  return present({ registry, repository, tag, digest });
}

/** Whether `parseReference` takes it. */
export function isReference(text: string): boolean {
  try {
    parseReference(text);
    return true;
  } catch {
    return false;
  }
}

/** With nothing left out: `docker.io/library/busybox:latest`. */
export function formatReference(reference: Reference): string {
  return fullRepository(reference) + suffix(reference);
}

/** As Docker shows it: `busybox:latest`. `parseReference` gives the same reference back. */
export function familiarReference(reference: Reference): string {
  return familiarRepository(reference) + suffix(reference);
}

/** The name without tag and digest: `docker.io/library/busybox`. */
export function fullRepository(reference: Reference): string {
  return `${reference.registry}/${reference.repository}`;
}

/**
 * The shortest name without tag and digest: `busybox`. Unlike Docker's it keeps what the name
 * cannot lose without another meaning: docker.io/localhost/a is not localhost/a.
 */
export function familiarRepository(reference: Reference): string {
  const { registry, repository } = reference;
  const full = fullRepository(reference);
  if (registry !== DEFAULT_REGISTRY) return full;
  const bare = repository.startsWith(OFFICIAL) ? repository.slice(OFFICIAL.length) : repository;
  const short = [bare, repository].find((name) => means(name, reference));
  return short ?? full;
}

function means(name: string, { registry, repository }: Reference): boolean {
  if (!isReference(name)) return false;
  const parsed = parseReference(name);
  return parsed.registry === registry && parsed.repository === repository;
}

function suffix({ tag, digest }: Reference): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

/** The first component is a registry when it looks like a host: Docker's rule, not the grammar's. */
function splitRegistry(named: string): [string, string] {
  const [first, rest] = cut(named, '/');
  if (rest === undefined) return [DEFAULT_REGISTRY, named];
  if (first === LEGACY_REGISTRY) return [DEFAULT_REGISTRY, rest];
  // Repositories have no upper case, so that what has can only be a host.
  const isHost = first === 'localhost' || /[.:A-Z]/.test(first);
  return isHost ? [first, rest] : [DEFAULT_REGISTRY, named];
}

function checkRepository(text: string, path: string, repository: string): void {
  if (path === '') refuse(text, 'no repository name');
  if (path !== path.toLowerCase()) {
    refuse(text, 'repository name must be lower-case', `did you mean ${path.toLowerCase()}?`);
  }
  if (repository.length > MAXIMUM_REPOSITORY_LENGTH) {
    refuse(text, `repository name is longer than ${MAXIMUM_REPOSITORY_LENGTH} characters`);
  }
  if (!REPOSITORY.test(repository)) {
    refuse(
      text,
      `not a repository name: ${JSON.stringify(path)}`,
      'components are lower-case letters and digits, with ".", "_", "__" or "-" between them',
    );
  }
}

function refuseOtherNames(text: string): void {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[0];
  if (scheme !== undefined) refuse(text, 'a URL is no image name', `leave out ${scheme}`);
  if (IDENTIFIER.test(text)) {
    refuse(text, '64 hex digits are an identifier, no image name', `write sha256:${text}`);
  }
}

function refuse(text: string, reason: string, hint?: string): never {
  throw new CutawayError('INVALID_INPUT', `${operation(text)}: ${reason}`, {
    data: { reference: text },
    ...(hint === undefined ? {} : { hint }),
  });
}

function operation(text: string): string {
  return `parse reference ${JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text)}`;
}

function cut(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
