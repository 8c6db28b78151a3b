/**
 * What a process can see of the container it is in, in sections; only what has to be equal. Left out:
 * that Docker's root is a slave of a shared mount of the host (ours is private), and /proc/interrupts,
 * which Docker masks since 28.5 and we mask always.
 */
export const PROBE = String.raw`
cd /proc/self/cwd
section() { echo "# $1"; }
section process
pwd -P
grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' /proc/self/status
echo "pid $$"
echo "oom $(cat /proc/self/oom_score_adj)"
for fd in /proc/self/fd/*; do
  case $(readlink $fd) in pipe:*|/dev/null|/dev/pts/*|/dev/console) ;; */fd) ;; '') ;; *) echo "fd $(readlink $fd)";; esac
done
section limits
sed 's/  */ /g' /proc/self/limits
section environment
env | sort
section names
hostname
cat /proc/sys/kernel/domainname
for file in hostname hosts resolv.conf; do echo "/etc/$file:"; cat /etc/$file; done
section namespaces
for type in mnt pid net ipc uts user cgroup; do
  echo "$type $(readlink /proc/self/ns/$type)"
done
section mounts
awk '{
  for (i = 7; $i != "-"; i++) ;
  super = $(i + 3); type = $(i + 1); propagation = ""
  for (j = 7; j < i; j++) { part = $j; sub(/:.*/, "", part); propagation = propagation " " part }
  if (type == "overlay") super = ""
  if (type == "ext4" || type == "btrfs" || type == "xfs") { super = ""; type = "disk" }
  gsub(/inode64,?/, "", super); sub(/,$/, "", super)
  if ($5 == "/") propagation = ""
  print $5, type, $6, super, propagation
}' /proc/self/mountinfo | grep -v '^/proc/interrupts ' | sort
section devices
ls -l /dev 2>&1 | sed 1d | awk '{ if ($1 ~ /^[cb]/) print $1, $3, $4, $5, $6, $10; else print $1, $3, $4, $9, $10, $11 }'
section masked
for path in /proc/kcore /proc/keys /proc/timer_list /proc/sysrq-trigger /proc/sys /sys/firmware /proc/acpi /proc/scsi; do
  [ -e $path ] || continue
  (: 2>/dev/null >>$path) 2>/dev/null && echo "$path can be written"
  [ -d $path ] && echo "$path $(ls $path | wc -l | sed 's/^[1-9].*/many/')" || echo "$path $(stat -c %t:%T $path)"
done
section sysctl
for name in net/ipv4/ip_unprivileged_port_start net/ipv4/ping_group_range net/ipv4/ip_forward kernel/msgmax kernel/shm_rmid_forced fs/mqueue/msg_max; do
  [ -e /proc/sys/$name ] && echo "$name $(cat /proc/sys/$name)"
done
section cgroup
cd /sys/fs/cgroup
for file in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes memory/memory.soft_limit_in_bytes \
  memory/memory.swappiness cpu/cpu.shares cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus \
  cpuset/cpuset.mems pids/pids.max blkio/blkio.throttle.read_bps_device blkio/blkio.throttle.write_bps_device \
  blkio/blkio.throttle.read_iops_device blkio/blkio.throttle.write_iops_device devices/devices.list \
  memory.max memory.swap.max memory.low cpu.max cpu.weight pids.max io.max; do
  [ -e $file ] && sed "s|^|$file |" $file
done
[ -e memory/memory.oom_control ] && head -1 memory/memory.oom_control
grep -c . /proc/self/cgroup
`;
