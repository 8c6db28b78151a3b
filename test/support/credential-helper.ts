// A program that speaks the protocol of docker-credential-*, for Docker, Podman and us alike: it
// keeps what it is given in a file of one line for each server.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeptCredential {
  readonly ServerURL: string;
  readonly Username: string;
  readonly Secret: string;
}

export interface HelperProgram {
  /** What config.json calls it: the program is docker-credential-NAME. */
  readonly name: string;
  kept(): KeptCredential[];
  keep(credential: KeptCredential): void;
  /** The arguments that it was called with, oldest first. */
  calls(): string[];
}

const SCRIPT = `#!/usr/bin/perl
use strict;
my $store = "$0.kept";
open(my $log, '>>', "$0.calls"); print $log join(' ', @ARGV), "\\n"; close $log;
my $input = join('', <STDIN>);
my @lines = ();
if (open(my $in, '<', $store)) { @lines = <$in>; close $in; }
my $verb = $ARGV[0];
my ($server) = $verb eq 'store' ? $input =~ /"ServerURL"\\s*:\\s*"([^"]*)"/ : ($input =~ /^\\s*(.*?)\\s*$/s);
my ($found) = grep { /"ServerURL"\\s*:\\s*"\\Q$server\\E"/ } @lines;
if ($verb eq 'get') {
  if (!$found) { print "credentials not found in native keychain\\n"; exit 1; }
  print $found; exit 0;
}
my @others = grep { !/"ServerURL"\\s*:\\s*"\\Q$server\\E"/ } @lines;
if ($verb eq 'store') { $input =~ s/\\s*\\n//g; push @others, "$input\\n"; }
elsif ($verb eq 'erase') { if (!$found) { print "credentials not found in native keychain\\n"; exit 1; } }
elsif ($verb eq 'list') { print "{}\\n"; exit 0; }
else { print "Unknown credential action: $verb\\n"; exit 1; }
open(my $out, '>', $store); print $out @others; close $out;
`;

/** `directory` must come first in PATH of who is to find it. */
export function makeCredentialHelper(directory: string, name: string): HelperProgram {
  const program = join(directory, `docker-credential-${name}`);
  writeFileSync(program, SCRIPT);
  chmodSync(program, 0o755);
  const lines = (suffix: string) =>
    existsSync(`${program}.${suffix}`)
      ? readFileSync(`${program}.${suffix}`, 'utf8').split('\n').filter(Boolean)
      : [];
  const kept = () => lines('kept').map((line) => JSON.parse(line) as KeptCredential);
  return {
    name,
    kept,
    keep: (credential) => {
      const all = [...kept(), credential].map((one) => `${JSON.stringify(one)}\n`);
      writeFileSync(`${program}.kept`, all.join(''));
    },
    calls: () => lines('calls'),
  };
}
