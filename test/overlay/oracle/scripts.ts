// What containers do to their copy of the tree: each script runs in a copy of its own.

/** Run while the second layer is made, so that a lower layer has whiteouts and opaque directories. */
export const BASE_SCRIPTS: Readonly<Record<string, string>> = {
  'whiteout below, created again': 'rm file',
  'directory whiteout below, created again': 'rm -r dir',
  'opaque below': 'rm -r dir; mkdir dir; echo n > dir/n',
  'opaque below, child added': 'rm -r dir; mkdir dir; echo n > dir/n',
  'opaque below, deleted': 'rm -r dir; mkdir dir; echo n > dir/n',
  'type changed below': 'rm -r dir; echo f > dir',
  'changed below, changed again': 'echo two > file',
};

export const SCRIPTS: Readonly<Record<string, string>> = {
  nothing: 'true',
  'added file': 'echo x > new',
  'added file, deep': 'echo x > dir/sub/deep/new',
  'added and removed': 'echo x > dir/new; rm dir/new',
  'added tree': 'mkdir -p n/m/o; echo x > n/m/o/p; echo y > n/q',
  'empty directory added': 'mkdir dir/sub/n',
  'changed content': 'echo changed > dir/a',
  'same content, other time': 'echo one > file',
  'appended nothing': ': >> file',
  touched: 'touch dir/sub/c',
  'touched to its own time': 'touch -r file /tmp/stamp; echo one > file; touch -r /tmp/stamp file',
  'changed mode': 'chmod 600 dir/a',
  'same mode': 'chmod 644 dir/a',
  'changed owner': 'chown 5:6 dir/a',
  'changed group': 'chgrp 6 other/e',
  'directory mode': 'chmod 700 dir',
  'directory same mode': 'chmod 755 dir',
  'directory owner': 'chown 5 empty',
  'directory touched': 'touch -d @1000000 dir',
  'deleted file': 'rm dir/a',
  'deleted tree': 'rm -r dir',
  'deleted subtree': 'rm -r dir/sub',
  'deleted all in a directory': 'rm -r dir/*',
  'deleted empty directory': 'rmdir empty',
  'deleted and created again': 'rm dir/a; echo again > dir/a',
  'deleted, created again the same':
    'touch -r file /tmp/s2; rm file; echo one > file; touch -r /tmp/s2 file',
  'tree created again, empty': 'rm -r dir; mkdir dir',
  'tree created again, other': 'rm -r dir; mkdir dir; echo z > dir/z',
  'tree created again, in part': 'rm -r dir; mkdir -p dir/sub; echo a > dir/a; echo q > dir/sub/q',
  'subtree created again': 'rm -r dir/sub; mkdir dir/sub; echo c > dir/sub/c',
  'file to directory': 'rm file; mkdir file; echo in > file/in',
  'directory to file': 'rm -r dir; echo now > dir',
  'directory to symlink': 'rm -r dir; ln -s other dir',
  'symlink to file': 'rm symlink; echo now > symlink',
  'symlink elsewhere': 'ln -sfn other symlink',
  'through a symlink': 'echo x >> symlink',
  'beneath a linked directory': 'echo x > symlink-to-dir/x',
  'renamed file': 'mv dir/a dir/z',
  'renamed over': 'mv dir/a dir/b',
  'renamed directory': 'mv dir moved',
  'moved away': 'mv dir/a other/a',
  'one hard link written': 'echo more >> links/second',
  'one hard link deleted': 'rm links/first',
  'hard link added': 'ln file dir/link',
  'hard link across': 'ln links/first other/third',
  'fifo added': 'mkfifo dir/f',
  'fifo mode': 'chmod 600 fifo',
  'fifo touched': 'touch -c -d @1000000 fifo',
  'device mode': 'chmod 600 null',
  'device touched': 'touch -c -d @1000000 null; touch -c -d @1000000 loop',
  'block device mode': 'chmod 600 loop',
  'device deleted': 'rm null',
  'device of another number': 'rm null; mknod null c 1 5',
  'deleted device number 0': 'rm fifo; echo x > fifo',
  truncated: ': > dir/b',
  'odd names': "mkdir 'a b'; echo > 'a b/c\\d'; echo > 'ümlaut'",
  'whiteout below, created again': 'echo three > file',
  'directory whiteout below, created again': 'mkdir dir; echo a > dir/a',
  'opaque below': 'true',
  'opaque below, child added': 'echo m > dir/m; echo a > dir/a',
  'opaque below, deleted': 'rm -r dir',
  'type changed below': 'rm dir; mkdir dir; echo a > dir/a',
  'changed below, changed again': 'echo one > file',
};

/** Each in a container of its own. */
export const ROOT_SCRIPTS: Readonly<Record<string, string>> = {
  'nothing at all': 'true',
  'root directory': 'chmod 700 /; chown 3 /; touch /',
  'file in the root': 'echo x > /new',
  'directory of the root deleted': 'rm -r /tmp',
  'directory of the root created again': 'rm -rf /tmp; mkdir /tmp; echo x > /tmp/x',
  'beneath the init layer': 'echo x > /dev/shm/x; mkdir -p /dev/new; echo x >> /etc/hosts',
};

/** Podman lists nothing at all: "stat …: not a directory". */
export const PODMAN_STOPS: ReadonlySet<string> = new Set([
  'file to directory',
  'type changed below',
]);

/** Where podman says something else; docs/overlay.md has the reasons in this order. */
export const PODMAN_DIFFERS: ReadonlySet<string> = new Set([
  // It does not list the directory above a path that was changed, only above A and D.
  ...['changed content', 'same content, other time', 'touched', 'changed mode', 'changed owner'],
  ...['changed group', 'directory mode', 'through a symlink', 'one hard link written'],
  ...['fifo mode', 'fifo touched', 'device mode', 'device touched', 'block device mode'],
  ...['truncated', 'deleted and created again', 'changed below, changed again'],
  // It lists every file in the upperdir, also one that is as it was.
  ...['appended nothing', 'touched to its own time', 'same mode', 'renamed over'],
  ...['deleted, created again the same', 'hard link added', 'hard link across'],
  // It looks at a directory's size, mode and time, not at its owner.
  ...['added and removed', 'directory touched', 'directory owner'],
  // It calls an opaque directory deleted, even if it is there.
  ...['tree created again, empty', 'tree created again, other', 'tree created again, in part'],
  'subtree created again',
  // It finds a file that a layer in between has deleted.
  'opaque below, child added',
  ...PODMAN_STOPS,
]);
