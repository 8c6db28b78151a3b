// Certificates of the test's own authority, made by openssl.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificate {
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
}

export interface Authority {
  /** The PEM file that a client is told to trust. */
  readonly certificate: string;
  /** Names are as openssl writes them: "IP:127.0.0.1", "DNS:localhost". */
  issue(name: string, subjectNames: readonly string[]): Certificate;
}

/** An authority whose files are in `directory`, which exists. */
export function makeAuthority(directory: string): Authority {
  const root = selfSigned(directory, 'ca');
  return {
    certificate: root.certificate,
    issue: (name, subjectNames) => {
      const path = (suffix: string) => join(directory, `${name}.${suffix}`);
      openssl(
        ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-subj', `/CN=${name}`, '-keyout', path('key'), '-out', path('csr')],
      );
      writeFileSync(path('ext'), `subjectAltName=${subjectNames.join(',')}\n`);
      openssl(
        ...['x509', '-req', '-in', path('csr'), '-out', path('crt'), '-days', '2'],
        ...['-CA', root.certificate, '-CAkey', root.key, '-CAcreateserial'],
        ...['-extfile', path('ext')],
      );
      return { certificate: path('crt'), key: path('key') };
    },
  };
}

/** A certificate that vouches for itself: of an authority, or of who signs tokens. */
export function selfSigned(directory: string, name: string): Certificate {
  const certificate = join(directory, `${name}.crt`);
  const key = join(directory, `${name}.key`);
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-days', '2', '-subj', `/CN=cutaway test ${name}`, '-keyout', key, '-out', certificate],
  );
  return { certificate, key };
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
