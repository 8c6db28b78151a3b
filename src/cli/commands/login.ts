import { storeCredential } from '../../image/registry/change-credentials.js';
import { checkCredential } from '../../image/registry/check-credential.js';
import type { Credential } from '../../image/registry/registry-client.js';
import { readRegistryConfig } from '../../image/registry/registry-config.js';
import { parseRegistryName } from '../../image/registry/registry-name.js';
import { findStored } from '../../image/registry/stored-credentials.js';
import { CutawayError, hasCode } from '../../oci/error.js';
import { safeText } from '../../report/text.js';
import { defineCommand, type OptionValues } from '../command.js';
import type { Context } from '../context.js';
import { openPrompt } from '../prompt.js';

const OPTIONS = {
  username: { type: 'string', alias: 'u', value: 'NAME', describe: 'who you are there' },
  password: {
    type: 'string',
    alias: 'p',
    value: 'PASSWORD',
    describe: 'password or token; others see it in the list of processes',
  },
  'password-stdin': { type: 'boolean', describe: 'take the password from stdin' },
} as const;

type Options = OptionValues<typeof OPTIONS>;

export const login = defineCommand({
  usage: '[OPTIONS] [SERVER]',
  options: OPTIONS,
  least: 0,
  most: 1,
  examples: [
    'cutaway login registry.example.com:5000',
    'cutaway login -u kim --password-stdin ghcr.io < token.txt',
  ],
  async run(context, [server], options) {
    const name = parseRegistryName(server);
    checkOptions(options);
    if (options.username === undefined && options.password === undefined) {
      if (await loginAsBefore(context, name)) return 0;
    }
    const credential = await readCredential(context, name, options);
    const config = readRegistryConfig(context.host);
    const checked = await checkCredential(context.host, name, credential, config);
    const kept = await storeCredential(context.host, name, checked.credential);
    if (!checked.isAsked) context.note(`! ${name} lets everybody in: nothing was checked`);
    if (kept.helper === undefined) {
      context.note(`! the password is in "${safeText(kept.path)}", which nobody else can read`);
      context.note('  a credential helper would keep it encrypted: docs/registry.md');
    }
    context.print('Login Succeeded\n');
    return 0;
  },
});

function checkOptions(options: Options): void {
  if (!options['password-stdin']) return;
  if (options.password !== undefined) {
    throw new CutawayError('INVALID_INPUT', '--password and --password-stdin: one of them');
  }
  if (options.username === undefined) {
    throw new CutawayError('INVALID_INPUT', '--password-stdin needs --username');
  }
}

/** What is stored already and still good is not asked for again: as Docker does. */
async function loginAsBefore(context: Context, name: string): Promise<boolean> {
  const { host } = context;
  const found = await findStored(host, { registry: name });
  if (found === undefined) return false;
  context.note(`Authenticating with existing credentials of "${safeText(found.file.path)}"...`);
  try {
    await checkCredential(host, name, found.credential, readRegistryConfig(host));
  } catch (error) {
    if (!hasCode(error, 'PERMISSION_DENIED') || !context.stdin.isTTY) throw error;
    context.note(`! ${safeText(error.message)}`);
    return false;
  }
  context.print('Login Succeeded\n');
  return true;
}

async function readCredential(
  context: Context,
  name: string,
  options: Options,
): Promise<Credential> {
  const { username, password } = options;
  if (options['password-stdin']) {
    return complete(username, await readPassword(context.stdin));
  }
  if (password !== undefined) {
    context.note('! --password is seen by all users of this machine: use --password-stdin');
    if (username !== undefined) return complete(username, password);
  }
  if (!context.stdin.isTTY) {
    throw new CutawayError('INVALID_INPUT', 'login: nobody to ask, for stdin is no terminal', {
      hint: `cutaway login -u NAME --password-stdin ${name} < FILE`,
    });
  }
  const prompt = openPrompt(context);
  try {
    const asked = username ?? (await prompt.ask(`Username for ${name}: `));
    const secret = password ?? (await prompt.ask('Password: ', { echo: false }));
    return complete(asked, secret);
  } finally {
    prompt.close();
  }
}

function complete(username = '', password = ''): Credential {
  // The pair is stored with a colon between: nobody could tell where the name ends.
  if (username.includes(':')) {
    throw new CutawayError('INVALID_INPUT', 'login: a name has no colon in it');
  }
  if (username !== '' && password !== '') return { username, password };
  const missing = username === '' ? 'name' : 'password';
  throw new CutawayError('INVALID_INPUT', `login: the ${missing} is empty`);
}

const PASSWORD_LIMIT = 1024 * 1024;

/** One newline at its end belongs to the file that it came from. */
async function readPassword(stdin: NodeJS.ReadStream): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stdin as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > PASSWORD_LIMIT) {
      throw new CutawayError('LIMIT_EXCEEDED', `login: no password has ${PASSWORD_LIMIT} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
