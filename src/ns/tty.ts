// The name of a controlling terminal from its device number: proc_pid_stat(5), /proc/tty/drivers.

export interface TtyDriver {
  /** Below /dev: "pts", "ttyS". */
  readonly name: string;
  readonly major: number;
  readonly firstMinor: number;
  readonly lastMinor: number;
  readonly kind: string;
}

export function parseTtyDrivers(text: string): TtyDriver[] {
  return text.split('\n').flatMap((line) => {
    const [, path, major, minors, kind] = line.split(/\s+/);
    const range = /^(\d+)(?:-(\d+))?$/.exec(minors ?? '');
    if (path?.startsWith('/dev/') !== true || range === null) return [];
    const firstMinor = Number(range[1]);
    const lastMinor = Number(range[2] ?? firstMinor);
    const name = path.slice('/dev/'.length);
    return [{ name, major: Number(major), firstMinor, lastMinor, kind: kind ?? '' }];
  });
}

/** Undefined without a terminal; "pts/0", "tty1", "ttyS0", or "4:65" when nobody claims it. */
export function ttyName(drivers: readonly TtyDriver[], ttyNumber: number): string | undefined {
  if (ttyNumber === 0) return undefined;
  const major = (ttyNumber >>> 8) & 0xfff;
  const minor = (ttyNumber & 0xff) | ((ttyNumber >>> 12) & 0xfff00);
  // Unix98 terminals have eight majors, which older kernels filled one by one (devices.txt).
  if (major >= 136 && major <= 143) return `pts/${minor + (major - 136) * 256}`;
  const driver = drivers.find(
    (one) => one.major === major && minor >= one.firstMinor && minor <= one.lastMinor,
  );
  if (driver === undefined) return major === 4 && minor < 64 ? `tty${minor}` : `${major}:${minor}`;
  if (driver.kind.startsWith('system')) return driver.name;
  // Virtual consoles count from their minor (tty1 is 4:1), everything else from zero.
  const number = driver.kind === 'console' ? minor : minor - driver.firstMinor;
  return `${driver.name}${number}`;
}
