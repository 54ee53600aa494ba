"""The script that looks at what runs on a host. It only reads, and needs no root; as root it sees more.

Truth: proc(5), systemctl(1) show, selinux(8), apparmor(7). Its output is records: fields with a NUL after each, then
the content, then a NUL, the mark and a NUL. The mark is new for each run, so that nothing on the host can write one.

It must stay cheap where thousands of processes run: all names and most of what follows are read by the shell itself,
one grep reads the status of all that are of interest, and of many children of one parent only some are looked at
closely. No program of the host is run to ask how it was built: as root that would run whatever calls itself a server.
The words are read out of its file instead.
"""

import re
from collections.abc import Iterable

from audit403.host.transport import quoted

PROPERTIES = (
    "MainPID", "ActiveState", "User", "Group", "SupplementaryGroups", "DynamicUser", "UMask", "LimitNOFILE",
    "ProtectHome", "ProtectSystem", "PrivateTmp", "PrivateUsers", "InaccessiblePaths", "ReadOnlyPaths",
    "ReadWritePaths", "TemporaryFileSystem", "BindPaths", "BindReadOnlyPaths", "RootDirectory", "RootImage",
    "ExecPaths", "NoExecPaths", "AmbientCapabilities", "CapabilityBoundingSet", "NoNewPrivileges",
    "RestrictFileSystems", "SystemCallFilter", "AppArmorProfile", "SELinuxContext", "FragmentPath", "DropInPaths",
)  # fmt: skip
"""What `systemctl show` is asked of a unit: who it runs as, and what its sandbox hides."""

MOST_PROCESSES = 3000
CLOSELY = 4
"""So many children of one parent are looked at closely; the others are like them but for their ids."""

_PATTERN = re.compile(r"[\w.*?-]+")

_SCRIPT = r"""
audit403_discover() {
PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin
mark=@MARK@

put() { printf '%s\0' "$@"; }
over() { printf '\0%s\0' "$mark"; }

# The table of mounts that a process sees: $table, its number; each is written once.
table_of() {
  table= now=$(cat "/proc/$1/mountinfo") number=0
  [ -n "$now" ] || return 0
  while [ "$number" -lt "$tables" ]; do
    if eval "[ \"\$now\" = \"\$table_$number\" ]"; then table=$number; return 0; fi
    number=$((number + 1))
  done
  eval "table_$number=\$now"
  tables=$((number + 1)) table=$number
  put mounts "$number"; printf '%s' "$now"; over
}

parent_of() {
  parent=
  while IFS= read -r line; do
    case $line in PPid:*) parent=${line#PPid:?}; break;; esac
  done < "/proc/$1/status"
  case $parent in ''|*[!0-9]*) parent=0;; esac
}

# The outermost part of a control group that systemd has a unit for; what is further in is not the system manager's.
unit_of() {
  unit= paths=
  while IFS= read -r line; do
    case $line in 0::*|*:name=systemd:*) paths=$paths${line#*:*:}/;; esac
  done < "/proc/$1/cgroup"
  while [ -n "$paths" ]; do
    part=${paths%%/*} paths=${paths#*/}
    case $part in
      *[!A-Za-z0-9:_.@\\-]*) ;;
      *.service|*.scope) unit=$part; return 0;;
    esac
  done
}

label_of() {
  label=
  IFS= read -r label < "/proc/$1/attr/current"
  [ -n "$label" ] || IFS= read -r label < "/proc/$1/attr/apparmor/current"
}

command_of() { put argv "$1"; cat "/proc/$1/cmdline"; over; }

closely() {
  for name in exe root cwd ns/mnt; do put link "$1" "$name"; readlink "/proc/$1/$name"; over; done
  put map "$1"; cat "/proc/$1/uid_map"; over
  line=
  IFS= read -r line < "/proc/$1/stat"
  put stat "$1" "$line"; over
  label_of "$1"; put label "$1" "$label"; over
  table_of "$1"; put sees "$1" "$table"; over
  unit_of "$1"; put unit-of "$1" "$unit"; over
  case " $units " in *" $unit "*) ;; *) units="$units $unit";; esac
}

# How a program was built, out of its file. A name is only looked up among the login's own files where the process sees
# the same ones.
built() {
  built_in "$1" "/proc/$1/exe" && return
  [ "$table" = 0 ] || return 0
  set -f
  for word in $(tr '\000' ' ' < "/proc/$1/cmdline"); do
    case $word in /*/"$2") set +f; built_in "$1" "$word"; return;; esac
  done
  set +f
  built_in "$1" "$(command -v "$2")"
}

built_in() {
  [ -f "$2" ] && [ -r "$2" ] || return 1
  words=$(dd if="$2" bs=1048576 count=64 | tr '\000' '\012' | grep -F @BUILD@ | cut -c1-16384 | head -n 20)
  [ -n "$words" ] && { put built "$1"; printf '%s' "$words"; over; }
}

printf '%s\0' "$mark"
put system; uname -s; uname -r; over
put uid; id -u; over
put user; id -un; over
put groups; id -G; over
tables=0 units= ids= parents= left=0 found=0

if [ -r /proc/self/status ]; then
  put proc; over
  table_of self
  put own-map; cat /proc/self/uid_map; over
  put own-namespace; readlink /proc/self/ns/mnt; over
  label_of self; put own-label "$label"; over

  for folder in /proc/[1-9]*; do
    name=
    IFS= read -r name < "$folder/comm"
    case $name in
      @NAMES@)
        if [ "$found" -lt @MOST@ ]; then ids="$ids ${folder#/proc/}" found=$((found + 1)); else left=$((left + 1)); fi;;
    esac
  done
  for id in $ids; do
    parent_of "$id"
    command_of "$id"
    case " $ids " in
      *" $parent "*)
        eval "count=\${count_$parent:-0}"
        [ "$count" -lt @CLOSELY@ ] && closely "$id"
        eval "count_$parent=$((count + 1))";;
      *)
        closely "$id"
        name=
        IFS= read -r name < "/proc/$id/comm"
        built "$id" "$name"
        case " $parents 0 " in
          *" $parent "*) ;;
          *) parents="$parents $parent"; closely "$parent";;
        esac;;
    esac
  done
  files=
  for id in $ids $parents; do files="$files /proc/$id/status /proc/$id/limits"; done
  put status
  [ -z "$files" ] || grep -E '^(Name|PPid|Uid|Gid|Groups|NSpid|CapEff|Seccomp):|^Max open files' $files /dev/null
  over
  put left-out "$left"; over
  put filesystems; cat /proc/filesystems; over
  put protected-symlinks; cat /proc/sys/fs/protected_symlinks; over
else
  put ps; ps -A -ww -o pid= -o ppid= -o uid= -o gid= -o args=; over
fi

if [ -d /run/systemd/system ]; then
  patience=
  command -v timeout > /dev/null && patience='timeout 20'
  for unit in $units; do
    put unit "$unit"; $patience systemctl show --no-pager -p @PROPERTIES@ -- "$unit"; over
  done
fi

value=
IFS= read -r value < /sys/fs/selinux/enforce
put selinux "$value"; over
for file in /sys/fs/selinux/booleans/*; do
  [ -f "$file" ] || continue
  value=
  IFS= read -r value < "$file" # no line's end stands there, which read answers with 1
  put boolean "${file##*/}" "$value"; over
done
for store in /var/lib/selinux/*/active/modules /etc/selinux/*/active/modules; do
  [ -r "$store" ] && [ -x "$store" ] || continue
  put policy-store "$store"; over
  for file in "$store"/[0-9]*/permissive_*; do # what `semanage permissive -a` makes
    [ -d "$file" ] && [ ! -e "$store/disabled/${file##*/}" ] || continue
    put permissive "${file##*/permissive_}"; over
  done
done
value=
IFS= read -r value < /sys/module/apparmor/parameters/enabled
put apparmor "$value"; cat /sys/kernel/security/apparmor/profiles; over
put complete; over
}
audit403_discover < /dev/null 2> /dev/null
"""


def discover_script(mark: str, names: Iterable[str], build_texts: Iterable[str]) -> str:
    """The script that looks for processes whose names match one of these patterns of the shell.

    `build_texts` stand in the servers' program files in front of what they were built with.
    """
    patterns = sorted(set(names))
    if not mark.isalnum() or not patterns or not all(map(_PATTERN.fullmatch, patterns)):
        raise ValueError("a mark is letters and digits, and names are patterns without spaces and quotes")
    texts = " ".join(f"-e {quoted(text)}" for text in sorted(set(build_texts))) or f"-e {mark}"
    values = {
        "MARK": mark, "NAMES": "|".join(patterns), "BUILD": texts, "PROPERTIES": ",".join(PROPERTIES),
        "MOST": str(MOST_PROCESSES), "CLOSELY": str(CLOSELY),
    }  # fmt: skip
    return re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], _SCRIPT)
