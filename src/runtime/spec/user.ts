import { CutawayError } from '../../oci/error.js';

export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** The group itself first, as a process that drops it must not gain by it (CVE-2022-36109). */
  readonly additionalGids: readonly number[];
  /** Of the first passwd entry with this uid; "/" without one. */
  readonly home: string;
  /** Of the passwd entry, where there is one. */
  readonly name?: string;
}

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

// What uid_t holds, less the values that mean "no change" and "overflow"; Docker's range.
const MAX_ID = 2 ** 31 - 1;

/**
 * Who `USER` of an image or `--user` is, by the files of the image: "", "name", "uid", "name:group",
 * "uid:gid". A number is an id even where a name reads the same, and need not be in the files.
 * With a group given, the user's other groups do not count.
 */
export function resolveUser(spec: string, passwdText: string, groupText: string): ResolvedUser {
  const [userPart = '', groupPart = ''] = spec.split(':');
  const users = parsePasswd(passwdText);
  const groups = parseGroup(groupText);
  const entry = findUser(userPart, users);
  const uid = entry?.uid ?? unlistedUid(userPart);
  const gid = groupPart === '' ? (entry?.gid ?? 0) : resolveGid(groupPart, groups);
  const name = entry?.name;
  const more =
    groupPart === '' && name !== undefined
      ? groups.filter(({ members }) => members.includes(name)).map((group) => group.gid)
      : [];
  return {
    uid,
    gid,
    additionalGids: [gid, ...more],
    home: users.find((user) => user.uid === uid)?.home ?? '/',
    ...(name === undefined ? {} : { name }),
  };
}

/** Ids of --group-add: names by the group file, numbers as they are. */
export function resolveGroups(wanted: readonly string[], groupText: string): number[] {
  const groups = parseGroup(groupText);
  return wanted.map((group) => resolveGid(group, groups));
}

function findUser(userPart: string, users: readonly PasswdEntry[]): PasswdEntry | undefined {
  const wanted = userPart === '' ? 0 : parseId(userPart);
  return wanted === undefined
    ? users.find(({ name }) => name === userPart)
    : users.find(({ uid }) => uid === wanted);
}

function unlistedUid(userPart: string): number {
  const uid = userPart === '' ? 0 : parseId(userPart);
  if (uid === undefined) {
    throw new CutawayError(
      'INVALID_INPUT',
      `unable to find user ${userPart}: no matching entries in passwd file`,
    );
  }
  return checkRange(uid);
}

function resolveGid(groupPart: string, groups: readonly GroupEntry[]): number {
  const gid = parseId(groupPart);
  if (gid !== undefined) return checkRange(gid);
  const group = groups.find(({ name }) => name === groupPart);
  if (group !== undefined) return group.gid;
  throw new CutawayError(
    'INVALID_INPUT',
    `unable to find group ${groupPart}: no matching entries in group file`,
  );
}

function checkRange(id: number): number {
  if (id >= 0 && id <= MAX_ID) return id;
  throw new CutawayError('INVALID_INPUT', `uids and gids must be in range 0-${MAX_ID}`, {
    data: { id },
  });
}

/** passwd(5). A line whose ids are no numbers is nobody: it must not become root by default. */
function parsePasswd(text: string): PasswdEntry[] {
  return records(text).flatMap(([name = '', , uidText = '', gidText = '', , home = '']) => {
    const uid = parseId(uidText);
    const gid = gidText === '' ? 0 : parseId(gidText);
    return uid === undefined || gid === undefined ? [] : [{ name, uid, gid, home }];
  });
}

/** group(5). */
function parseGroup(text: string): GroupEntry[] {
  return records(text).flatMap(([name = '', , gidText = '', members = '']) => {
    const gid = parseId(gidText);
    return gid === undefined ? [] : [{ name, gid, members: members.split(',') }];
  });
}

function records(text: string): string[][] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '').map((line) => line.split(':'));
}

function parseId(text: string): number | undefined {
  return /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
}
