// What the user has configured of registries: our own files, and of Docker's daemon.json what says
// the same. docs/registry.md has the form.
import type { ReadHost } from '../../host/host.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { parseJson, present, type JsonReader } from '../../oci/json-reader.js';
import type { RegistryConfig, RegistrySettings } from './registry-client.js';

export const DEFAULT_REGISTRY_CONFIG: RegistryConfig = {
  registries: {},
  insecure: [],
  idleSeconds: 60,
  leastBytes: 16_384,
  attempts: 5,
};

export const SYSTEM_CONFIG = '/etc/cutaway/registries.json';
const DOCKER_CONFIG = '/etc/docker/daemon.json';
const LIMIT = 1024 * 1024;

/** The system's files, and over them the user's own. */
export function readRegistryConfig(host: ReadHost): RegistryConfig {
  const parts = [
    readPart(host, DOCKER_CONFIG, parseDockerConfig),
    readPart(host, SYSTEM_CONFIG, parseConfig),
    readPart(host, userConfigPath(host), parseConfig),
  ];
  return parts.reduce<RegistryConfig>(merge, DEFAULT_REGISTRY_CONFIG);
}

export function userConfigPath({ environment }: ReadHost): string {
  const chosen = environment['XDG_CONFIG_HOME'];
  const home = `${environment['HOME'] ?? ''}/.config`;
  const base = chosen !== undefined && chosen.startsWith('/') ? chosen : home;
  return `${base}/cutaway/registries.json`;
}

function readPart(
  host: ReadHost,
  path: string,
  parse: (document: JsonReader) => Partial<RegistryConfig>,
): Partial<RegistryConfig> {
  let bytes: Buffer;
  try {
    bytes = host.readFile(host.realPath(path), LIMIT);
  } catch (error) {
    // Docker's own file is no business of an ordinary user.
    if (hasCode(error, 'NOT_FOUND', 'PERMISSION_DENIED')) return {};
    throw error;
  }
  try {
    return parse(parseJson(bytes, path));
  } catch (error) {
    if (!(error instanceof CutawayError)) throw error;
    throw new CutawayError('INVALID_INPUT', error.message, { cause: error });
  }
}

function merge(config: RegistryConfig, part: Partial<RegistryConfig>): RegistryConfig {
  const names = Object.keys({ ...config.registries, ...part.registries });
  const registries = Object.fromEntries(
    names.map((name) => [name, { ...config.registries[name], ...part.registries?.[name] }]),
  );
  const insecure = [...new Set([...config.insecure, ...(part.insecure ?? [])])];
  return { ...config, ...part, registries, insecure };
}

const KEYS = ['registries', 'insecure', 'idleSeconds', 'leastBytes', 'attempts'];
const SETTINGS_KEYS = ['mirrors', 'insecure'];

export function parseConfig(document: JsonReader): Partial<RegistryConfig> {
  requireKnown(document, KEYS);
  return present({
    registries: document.get('registries').optional((map) => map.map(parseSettings)),
    insecure: document.get('insecure').optional((list) => list.strings()),
    idleSeconds: document.get('idleSeconds').optional(positive),
    leastBytes: document.get('leastBytes').optional(positive),
    attempts: document.get('attempts').optional(positive),
  });
}

function parseSettings(reader: JsonReader): RegistrySettings {
  requireKnown(reader, SETTINGS_KEYS);
  return present({
    mirrors: reader.get('mirrors').optional((list) => list.items().map(parseBaseUrl)),
    insecure: reader.get('insecure').optional((flag) => flag.boolean()),
  });
}

/** `insecure-registries` and `registry-mirrors`, which are for Docker Hub: dockerd(8). */
export function parseDockerConfig(document: JsonReader): Partial<RegistryConfig> {
  const mirrors = document.get('registry-mirrors').list(parseBaseUrl);
  return {
    insecure: document.get('insecure-registries').list((item) => item.string()),
    ...(mirrors.length === 0 ? {} : { registries: { 'docker.io': { mirrors } } }),
  };
}

function parseBaseUrl(reader: JsonReader): string {
  const text = reader.string();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    return reader.fail('not an http or https URL');
  }
  // Credentials have their own place, and this one would be shown in errors.
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return reader.fail('a URL with a user, query or fragment: leave them out');
  }
  return text;
}

function positive(reader: JsonReader): number {
  const value = reader.integer(0);
  return value === 0 ? reader.fail('not an integer from 1: 0') : value;
}

function requireKnown(reader: JsonReader, known: readonly string[]): void {
  const other = reader.keys().find((key) => !known.includes(key));
  if (other !== undefined) reader.get(other).fail(`no such setting; there are ${known.join(', ')}`);
}
