import { hasCode } from '../oci/error.js';
import type { ReadHost } from '../host/host.js';

export interface HostUser {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
}

const PASSWD_LIMIT = 4 << 20;
/** Enough for any real host: more homes than these are not looked into. */
const MOST_USERS = 10_000;

/** The users of passwd(5) that can have engines of their own: all that have a home, each once. */
export function listHostUsers(host: ReadHost): HostUser[] {
  const users = new Map<string, HostUser>();
  for (const line of readPasswd(host).split('\n').slice(0, MOST_USERS)) {
    const [name = '', , uid = '', , , home = ''] = line.split(':');
    const isUsable = /^[a-z_][a-z0-9_.-]*\$?$/i.test(name) && /^\d{1,10}$/.test(uid);
    if (!isUsable || uid === '0' || !/^\/[^/]/.test(home) || users.has(home)) continue;
    users.set(home, { name, uid: Number(uid), home });
  }
  return [...users.values()];
}

function readPasswd(host: ReadHost): string {
  try {
    return host.readText('/etc/passwd', PASSWD_LIMIT);
  } catch (error) {
    if (hasCode(error, 'NOT_FOUND')) return '';
    throw error;
  }
}
