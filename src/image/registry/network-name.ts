// Hosts as names and addresses: which are this machine, and which a list of hosts and networks means.

/** This machine: what is said to it goes over no wire. RFC 6761 6.3, RFC 1122 3.2.1.3. */
export function isLoopback(hostname: string): boolean {
  const bare = bareHost(hostname);
  if (bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1') return true;
  const address = parseIPv4(bare);
  return address !== undefined && address >>> 24 === 127;
}

/** Without the brackets of an IPv6 address, in lower case. */
export function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
}

/** Whether an address of the form `10.1.2.3` is in a network of the form `10.0.0.0/8`. */
export function isInNetwork(hostname: string, network: string): boolean {
  const [, base = '', bits = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(network) ?? [];
  const own = parseIPv4(bareHost(hostname));
  const start = parseIPv4(base);
  const length = Number(bits);
  if (own === undefined || start === undefined || bits === '' || length > 32) return false;
  const mask = length === 0 ? 0 : (-1 << (32 - length)) >>> 0;
  return (own & mask) >>> 0 === (start & mask) >>> 0;
}

function parseIPv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}
