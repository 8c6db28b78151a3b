// The sockets of a network namespace: /proc/PID/net/{tcp,tcp6,udp,udp6,…} (proc_pid_net(5)).
import { decodeName } from '../oci/byte-name.js';
import type { ReadHost } from '../host/host.js';
import type { Problem } from '../oci/problem.js';
import { isGone, unreadable } from './unreadable.js';

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

export interface Socket {
  readonly protocol: string;
  readonly inode: string;
  /** Of tcp and unix, in the words of ss(8); a udp socket that is bound to a port is "unconnected". */
  readonly state?: string;
  readonly local?: SocketAddress;
  readonly remote?: SocketAddress;
  /** Of a unix socket: "/run/x.sock", "@abstract". */
  readonly path?: string;
  /** Of a unix socket: stream, datagram, seqpacket. */
  readonly type?: string;
}

/** A machine with a hundred thousand connections has 16 MB of them. */
const TABLE_LIMIT = 64 * 1024 * 1024;

/** By inode, which a descriptor shows as "socket:[N]". */
export function readSockets(
  host: ReadHost,
  pid: number,
): { sockets: Map<string, Socket>; problems: Problem[] } {
  const sockets = new Map<string, Socket>();
  const problems: Problem[] = [];
  for (const [protocol, parse] of Object.entries(TABLES)) {
    const path = `/proc/${pid}/net/${protocol}`;
    try {
      const [, ...lines] = decodeName(host.readFile(path, TABLE_LIMIT)).split('\n');
      for (const line of lines) {
        const socket = line === '' ? undefined : parse(protocol, line);
        if (socket !== undefined) sockets.set(socket.inode, socket);
      }
    } catch (error) {
      // A kernel without IPv6 has no tcp6.
      if (!isGone(error)) problems.push(unreadable(error, path));
    }
  }
  return { sockets, problems };
}

type Parser = (protocol: string, line: string) => Socket | undefined;

const TABLES: Readonly<Record<string, Parser>> = {
  tcp: parseInternet,
  tcp6: parseInternet,
  udp: parseInternet,
  udp6: parseInternet,
  udplite: parseInternet,
  udplite6: parseInternet,
  raw: parseInternet,
  raw6: parseInternet,
  icmp: parseInternet,
  icmp6: parseInternet,
  unix: parseUnix,
  packet: (protocol, line) => inodeIn(protocol, line, 8),
  netlink: (protocol, line) => inodeIn(protocol, line, 9),
};

/** By number: include/net/tcp_states.h, with the names of ss(8). */
const TCP_STATES = [
  ...['unknown', 'established', 'syn-sent', 'syn-recv', 'fin-wait-1', 'fin-wait-2', 'time-wait'],
  ...['unconnected', 'close-wait', 'last-ack', 'listening', 'closing', 'syn-recv'],
];

/** "0: 0100007F:1F90 00000000:0000 0A … uid timeout inode": one socket. */
export function parseInternet(protocol: string, line: string): Socket | undefined {
  const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/);
  if (local === undefined || remote === undefined || !/^[1-9]\d*$/.test(inode ?? '')) {
    return undefined;
  }
  const there = parseAddress(remote);
  return {
    protocol,
    inode: inode ?? '',
    state: TCP_STATES[Number.parseInt(state ?? '0', 16)] ?? 'unknown',
    local: parseAddress(local),
    ...(there.port === 0 && /^[0.:]+$/.test(there.address) ? {} : { remote: there }),
  };
}

/** Each 32 bits of the address are a number in the order of the machine's bytes. */
function parseAddress(text: string): SocketAddress {
  const [hex = '', port = '0'] = text.split(':');
  const bytes = Buffer.from(hex, 'hex');
  if (bytes.length % 4 === 0) bytes.swap32();
  const address = bytes.length === 16 ? formatIPv6(bytes) : [...bytes].join('.');
  return { address, port: Number.parseInt(port, 16) };
}

/** RFC 5952: lower case, the longest run of zeros (two at least, the first of equals) as "::". */
function formatIPv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${[...bytes.subarray(12)].join('.')}`;
  }
  const text = groups.map((group) => group.toString(16)).join(':');
  const runs = [...text.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)];
  const longest = runs.reduce<RegExpExecArray | undefined>(
    (best, run) => (best === undefined || run[0].length > best[0].length ? run : best),
    undefined,
  );
  if (longest === undefined) return text;
  const before = text.slice(0, longest.index).replace(/:$/, '');
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

const UNIX_TYPES: Readonly<Record<string, string>> = {
  '0001': 'stream',
  '0002': 'datagram',
  '0005': 'seqpacket',
};
const UNIX_STATES: Readonly<Record<string, string>> = {
  '01': 'unconnected',
  '02': 'connecting',
  '03': 'established',
  '04': 'disconnecting',
};
/** __SO_ACCEPTCON of linux/net.h: listen(2) was called. */
const ACCEPTS = 0x10000;

/** "ffff…: 00000002 00000000 00010000 0001 01 20480 /run/x.sock": a path may hold anything. */
export function parseUnix(protocol: string, line: string): Socket | undefined {
  const match = /^\S+ \S+ \S+ (\S+) (\S+) (\S+) +(\d+)(?: (.*))?$/.exec(line);
  if (match === null) return undefined;
  const [, flags = '0', type = '', state = '', inode = '', path] = match;
  const isListening = (Number.parseInt(flags, 16) & ACCEPTS) !== 0;
  return {
    protocol,
    inode,
    state: isListening ? 'listening' : (UNIX_STATES[state] ?? 'unknown'),
    type: UNIX_TYPES[type] ?? 'unknown',
    ...(path === undefined || path === '' ? {} : { path }),
  };
}

function inodeIn(protocol: string, line: string, column: number): Socket | undefined {
  const inode = line.trim().split(/\s+/)[column];
  return inode === undefined || !/^[1-9]\d*$/.test(inode) ? undefined : { protocol, inode };
}

/** Waits for somebody to come: a server's. */
export function isListening({ protocol, state, remote }: Socket): boolean {
  if (state === 'listening') return true;
  return /^udp/.test(protocol) && remote === undefined;
}
