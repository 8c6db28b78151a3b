// The protocol of docker-credential-* programs: the verb is the argument, everything else goes
// through stdin and stdout, so that no secret is among the arguments of a process
// (github.com/docker/docker-credential-helpers).
import type { ChildResult, ReadHost } from '../../host/host.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import type { Credential } from './registry-client.js';

/** The name that stands for "the secret is an identity token". */
const TOKEN_NAME = '<token>';
/** Texts that every helper must use for a credential that it does not have. */
const NOT_THERE = /credentials not found in native keychain/;
/** A helper may ask its user to unlock something. */
const TIMEOUT = 120_000;

/** Undefined when the helper knows nobody there. */
export async function askHelper(
  host: ReadHost,
  helper: string,
  server: string,
): Promise<Credential | undefined> {
  const result = await runHelper(host, helper, 'get', server);
  if (result.exitCode !== 0) {
    if (NOT_THERE.test(result.stdout) || NOT_THERE.test(result.stderr)) return undefined;
    throw failure(helper, 'get', result);
  }
  const answer = parseAnswer(helper, result.stdout);
  return answer.username === TOKEN_NAME
    ? { username: '', password: '', identityToken: answer.secret }
    : { username: answer.username, password: answer.secret };
}

export async function storeInHelper(
  host: ReadHost,
  helper: string,
  server: string,
  credential: Credential,
): Promise<void> {
  const { username, password, identityToken } = credential;
  const content = {
    ServerURL: server,
    Username: identityToken === undefined ? username : TOKEN_NAME,
    Secret: identityToken ?? password,
  };
  const result = await runHelper(host, helper, 'store', JSON.stringify(content));
  if (result.exitCode !== 0) throw failure(helper, 'store', result, content.Secret);
}

/** What is not there needs no erasing: helpers differ in whether they call that an error. */
export async function eraseInHelper(host: ReadHost, helper: string, server: string): Promise<void> {
  const result = await runHelper(host, helper, 'erase', server);
  if (result.exitCode === 0) return;
  if (NOT_THERE.test(result.stdout) || NOT_THERE.test(result.stderr)) return;
  throw failure(helper, 'erase', result);
}

async function runHelper(
  host: ReadHost,
  helper: string,
  verb: string,
  input: string,
): Promise<ChildResult> {
  if (!/^[\w.+-]+$/.test(helper)) {
    throw new CutawayError('INVALID_INPUT', `credential helper ${JSON.stringify(helper)}: no name`);
  }
  const program = `docker-credential-${helper}`;
  const path = host.findProgram(program);
  if (path === undefined) {
    throw new CutawayError('UNAVAILABLE', `run "${program}": not found`, {
      hint: 'the file with your credentials names it as the program that keeps them',
    });
  }
  const options = { input: Buffer.from(input), timeoutMilliseconds: TIMEOUT, outputLimit: 1 << 20 };
  try {
    return await host.run([path, verb], options);
  } catch (error) {
    if (!hasCode(error, 'LIMIT_EXCEEDED')) throw error;
    throw new CutawayError('LIMIT_EXCEEDED', `run "${program} ${verb}": it says too much`);
  }
}

function parseAnswer(helper: string, stdout: string): { username: string; secret: string } {
  let answer: unknown;
  try {
    answer = JSON.parse(stdout);
  } catch {
    answer = undefined;
  }
  const { Username: username, Secret: secret } = (answer ?? {}) as Record<string, unknown>;
  if (typeof username === 'string' && typeof secret === 'string') return { username, secret };
  throw new CutawayError('CORRUPT', `run "docker-credential-${helper} get": no such answer`);
}

/** Helpers say what went wrong on stdout; the first line of it, without the secret. */
function failure(
  helper: string,
  verb: string,
  { exitCode, signal, stdout, stderr }: ChildResult,
  secret = '',
): Error {
  const text = stdout.trim() === '' ? stderr.trim() : stdout.trim();
  const said = without(secret, text).split('\n')[0]?.slice(0, 200) ?? '';
  const ended = signal ?? `status ${String(exitCode)}`;
  const reason = said === '' ? ended : said;
  return new CutawayError('UNAVAILABLE', `run "docker-credential-${helper} ${verb}": ${reason}`);
}

/** As it is, and as it was given to the helper. */
function without(secret: string, text: string): string {
  if (secret === '') return text;
  return text.replaceAll(JSON.stringify(secret).slice(1, -1), '…').replaceAll(secret, '…');
}
