// Whose namespaces a container is in.
import { probed, refused, runArguments, scripted, type Row } from '../../support/parity.js';

/** Both engines have a container of this name that runs, with a shareable ipc namespace. */
export const HOLDER = 'holder';
export const HOLDER_ARGUMENTS = [
  ...['run', '-d', '--name', HOLDER, '--ipc', 'shareable', '--network', 'none', '-h', 'held'],
  ...['--add-host', 'db:10.0.0.7', 'parity', 'sh', '-c', 'echo in >/dev/shm/there; sleep 1000'],
];
/** One that does not run. */
export const STOPPED = 'stopped';
export const STOPPED_ARGUMENTS = [
  'create',
  '--name',
  STOPPED,
  '--network',
  'none',
  'parity',
  'true',
];

const SHOW = `for type in pid net ipc uts cgroup; do echo $type $(readlink /proc/self/ns/$type); done
hostname; cat /etc/hostname /etc/hosts; env | grep HOSTNAME; ls /dev/shm`;
/** Namespaces of the holder, told from others by comparing with those of its first process. */
const SAME = `for type in pid net ipc uts mnt; do
  [ $(readlink /proc/self/ns/$type) = $(readlink /proc/1/ns/$type) ] && echo same $type || echo other $type
done; hostname; ls /dev/shm; cat /proc/1/cmdline | tr '\\0' ' '`;

export function namespaceRows(): Row[] {
  const joined = (...types: string[]) =>
    types.flatMap((type) => [`--${type}`, `container:${HOLDER}`]);
  return [
    probed('--cgroupns host', '--cgroupns', 'host'),
    scripted(
      '--cgroupns private',
      ['--cgroupns', 'private'],
      'cat /proc/self/cgroup; readlink /proc/self/ns/cgroup',
    ),
    scripted(
      '--pid host',
      ['--pid', 'host'],
      'readlink /proc/self/ns/pid; readlink /proc/1/ns/pid; [ $$ -gt 1 ] && echo not the first',
    ),
    scripted('--pid=host', ['--pid=host'], 'readlink /proc/self/ns/pid'),
    probed('--uts host', '--uts', 'host'),
    probed('--ipc host', '--ipc', 'host'),
    probed('--ipc private', '--ipc', 'private'),
    probed('--ipc shareable', '--ipc', 'shareable'),
    probed('--ipc none', '--ipc', 'none'),
    probed('--ipc shareable --shm-size', '--ipc', 'shareable', '--shm-size', '2m'),
    probed('--userns host', '--userns', 'host'),
    probed('--net none', '--net', 'none'),
    scripted('--network host --uts host', ['--network', 'host', '--uts', 'host'], SHOW),
    scripted(
      '--network host --pid host --ipc host',
      ['--network', 'host', '--pid', 'host', '--ipc', 'host', '--uts', 'host'],
      'for type in pid net ipc uts; do readlink /proc/self/ns/$type; done',
    ),
    scripted('--network host -h', ['--network', 'host', '-h', 'inside'], SHOW),
    scripted('--pid container', joined('pid'), SAME),
    scripted('--pid and --ipc container', joined('pid', 'ipc'), SAME),
    scripted('--pid and --network container', joined('pid', 'network'), SAME),
    scripted('all of a container', joined('pid', 'ipc', 'network'), SAME),
    scripted('--network container', joined('network'), SHOW),
    scripted('--ipc container', joined('ipc'), SHOW),
    scripted('--net container', ['--net', `container:${HOLDER}`], SHOW),
    {
      what: 'what is written to shared memory',
      steps: [
        [...runArguments(joined('ipc')), 'parity', 'sh', '-c', 'echo 1 >/dev/shm/written'],
        [...runArguments(joined('ipc')), 'parity', 'cat', '/dev/shm/written', '/dev/shm/there'],
      ],
    },
    refused('--pid of no form', '--pid', 'mine'),
    refused('--pid container that is not there', '--pid', 'container:nobody'),
    refused('--pid container that does not run', '--pid', `container:${STOPPED}`),
    refused('--network container that does not run', '--network', `container:${STOPPED}`),
    refused('--ipc of no form', '--ipc', 'mine'),
    refused('--ipc container that is not shareable', '--ipc', `container:${STOPPED}`),
    refused('--uts of no form', '--uts', 'mine'),
    refused('--uts host with -h', '--uts', 'host', '-h', 'inside'),
    refused('--cgroupns of no form', '--cgroupns', 'mine'),
    refused('--network container with -h', '--network', `container:${HOLDER}`, '-h', 'inside'),
    refused(
      '--network container with --dns',
      '--network',
      `container:${HOLDER}`,
      '--dns',
      '1.1.1.1',
    ),
    refused(
      '--network container with --add-host',
      '--network',
      `container:${HOLDER}`,
      '--add-host',
      'a:1.1.1.1',
    ),
  ];
}
