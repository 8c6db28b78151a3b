import { checked, libc } from './libc.js';

const TCGETS = 0x5401;
const TCSETSW = 0x5403;
/** The kernel's struct termios: c_iflag, c_oflag, … */
const TERMIOS_SIZE = 60;
const OFLAG_OFFSET = 4;
const OPOST = 1;

export function stopOutputProcessing(fd: number): void {
  const termios = Buffer.alloc(TERMIOS_SIZE);
  checked(libc().ioctlBuffer(fd, TCGETS, termios), 'ioctl', 'TCGETS');
  termios.writeUInt32LE((termios.readUInt32LE(OFLAG_OFFSET) & ~OPOST) >>> 0, OFLAG_OFFSET);
  checked(libc().ioctlBuffer(fd, TCSETSW, termios), 'ioctl', 'TCSETSW');
}
