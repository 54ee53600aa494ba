"""The POSIX sh script that lists trees of a host in one stream. It only reads; find(1) does the work.

What it prints, compressed or not (its first line says which), is the login's uid and then records that end in NUL:

    f3/644/0/33/name                      a file, at depth 3 below its root: mode, owner, group, name
    NUL d3/755/0/33/2049/name             a directory, with its device; one that may (u) or shall (x) not be entered
    NUL l3/777/0/33/name/target           a link
    NUL @0/srv/x                          what follows is the tree of the root with this number, by its real path
    NUL ?0                                this root cannot be reached
    NUL A…                                what getfacl says of those entries so far that have an ACL
    NUL =0                                how the find for it ended
    NUL !…                                what find complained of
    NUL a0                                there is no getfacl
    NUL .                                 the end

Neither `/` nor NUL can be in a name, so nothing has to be quoted, and the empty record before each directory lets a
reader find directories without looking at files. The order is find's own: a directory comes before what is in it.
Sizes and times are left out: find gives them for nothing, but each file's record would be another one then, which
costs the reader four times as much. Where SELinux's labels are asked for, each stands before the device, or the name.
"""

import re
from collections.abc import Sequence

from audit403.host.transport import quoted

MOST_COMPLAINTS = 256 * 1024
_SAMPLE = 60
"""So many of the upper directories that one call gets are asked for their ACLs: a call gets some two thousand."""

_SCRIPT = r"""
audit403_list() {
LC_ALL=C; export LC_ALL; unset CDPATH
if ! command -v find >/dev/null; then echo none; return; fi
calm= squeeze= gnu= acl= within=@WITHIN@
@CALM@
@SQUEEZE@
case $(find / -maxdepth 0 \( -perm -0005 -o -readable -executable \) -printf '%y%d/%m/%U/%G/%D/%l%f') in
  d0/*/*/*/*/*) gnu=1;;
esac

tree() {
  place=$within$2
  printf '\0@%s%s\0' "$1" "$2"
  deep=${place%/} above=
  case $place in *[]*?[\\]*) while [ -n "$deep" ]; do deep=${deep%/*} above=$above/*; done;; esac
  deep=$above$deep/*/*/*
  if [ -n "$gnu" ] && [ -n "$acl" ]; then $calm find "$place" -xdev @GNU_WITH_ACLS@
  elif [ -n "$gnu" ]; then $calm find "$place" -xdev @GNU@
  else  # in no brackets: busybox forgets to run it there
    [ -z "$acl" ] || find "$place" -xdev -maxdepth 2 @EXCLUDED@ -type d -exec sh -c "$upper" sh {} + 2>/dev/null
    $calm find "$place" -xdev @EXCLUDED@ -exec sh -c "$batch" sh "${place%/}" {} +
  fi
  printf '\0=%d\0' $?
  [ -n "$gnu" ] || [ -z "$acl" ] || $calm find "$place" -xdev @EXCLUDED@ @WITH_ACL@ 2>/dev/null
}

# The directory of a root is found first, so that its path is the real one; what a link leads to is a tree of its own.
# Behind another root of the file system the shell cannot tell real paths, and is given them.
root() {
  if [ -n "$within" ]; then tree "$1" "$2"; return; fi
  real=$(cd -P "${2%/*}/" 2>/dev/null && pwd -P && printf x)
  if [ -z "$real" ]; then printf '\0?%s\0' "$1"; return; fi
  real=${real%?x}; real=${real%/}/${2##*/}
  tree "$1" "$real"
  if [ -L "$real" ]; then
    real=$(cd -P "$real" 2>/dev/null && pwd -P && printf x)
    [ -z "$real" ] || tree "$1" "${real%?x}"
  fi
}

@BATCH@
@ACL@
all() {
  printf '%s\0' "$(id -u)"
  complaints=$({
@ROOTS@
  } 2>&1 >&4 | { head -c @MOST@; cat >/dev/null; })
  printf '\0!%s\0' "$complaints"
  [ -n "$acl" ] || printf '\0a0\0'
  printf '\0.\0'
}
if [ -n "$squeeze" ]; then echo gzip; all 4>&1 | $squeeze; else echo plain; all 4>&1; fi
}
audit403_list </dev/null 2>/dev/null
"""

# For a find without -printf: the same records from stat of GNU, busybox or BSD, or from ls, which has no device.
_BATCH = r"""
root=$1; shift
record() {
  below=${path#"$root"} depth=0
  if [ "${path%/}" = "$root" ]; then below=; fi
  while :; do case $below in */*) below=${below#*/} depth=$((depth + 1));; *) break;; esac; done
  name=${path##*/}
  [ -n "$name" ] || name=/
  case $kind in
    d)
      mark=d
      [ "$me" = 0 ] || { [ -r "$path" ] && [ -x "$path" ]; } || mark=u
@MARKED@
      printf '\0%s%d/%s/%d/%d/%s/%s\0' "$mark" "$depth" "$mode" "$uid" "$gid" "$device" "$name";;
    l)
      target=
      if [ -n "$links" ]; then target=$(readlink "$path"; printf x); target=${target%x}; target=${target%?}; fi
      printf '\0l%d/%s/%d/%d/%s/%s\0' "$depth" "$mode" "$uid" "$gid" "$name" "$target";;
    *) printf '%s%d/%s/%d/%d/%s\0' "$kind" "$depth" "$mode" "$uid" "$gid" "$name";;
  esac
}
records() {
  while read -r mode uid gid device; do
    path=$1; shift
    case $form in c) mode=$((0x$mode));; *) mode=$((0$mode));; esac
    case $((mode >> 12)) in
      4) kind=d;; 8) kind=f;; 10) kind=l;; 1) kind=p;; 12) kind=s;; 6) kind=b;; 2) kind=c;; *) kind=U;;
    esac
    mode=$(printf %o $((mode & 4095)))
    record
  done
}
stats() { case $form in c) stat -c '%f %u %g %d' -- "$@";; *) stat -f '%p %u %g %d' -- "$@";; esac; }
listed() {
  ls -ldn "$path" | {
    read -r mode links_to uid gid rest || exit 1
    kind=${mode%"${mode#?}"} mode=${mode#?} device=
    case $kind in -) kind=f;; esac
    record
  }
}
one() {
  if [ "$form" = l ]; then listed 2>/dev/null && return
  elif lines=$(stats "$path" 2>/dev/null); then printf '%s\n' "$lines" | records "$path"; return; fi
  if [ -x "${path%/*}/" ]; then why='No such file or directory'; else why='Permission denied'; fi
  printf 'find: %s: %s\n' "$path" "$why" >&2
}
if [ "$form" != l ] && lines=$(stats "$@" 2>/dev/null); then printf '%s\n' "$lines" | records "$@"
else for path do one; done; fi
"""

_FORMS = r"""
if stat -c %f / >/dev/null 2>&1; then form=c; elif stat -f %p / >/dev/null 2>&1; then form=f; else form=l; fi
links=; command -v readlink >/dev/null && links=1
me=$(id -u)  # what test says of root and directories without x bits is wrong in some shells
export batch form links me
"""
_CALM = r"""
if ionice -c 3 true; then calm='ionice -c 3'; fi
if nice -n 19 true; then calm="nice -n 19 $calm"; fi
"""
_GNU = r"""-type f -printf 'f%d/%m/%U/%G/@LABEL@%f\0' @FILE_ACL@ @EXCLUDED@ \
      -o -type d ! -perm -0005 ! \( -readable -executable \) -printf '\0u%d/%m/%U/%G/@LABEL@%D/%f\0' \
         @CLOSED_ACL@ -prune \
      -o -type d -printf '\0d%d/%m/%U/%G/@LABEL@%D/%f\0' @DIRECTORY_ACL@ \
      -o -type l -printf '\0l%d/%m/%U/%G/@LABEL@%f/%l\0' -o -printf '%y%d/%m/%U/%G/@LABEL@%f\0' @OTHER_ACL@
"""
# An ACL counts only where the mode of the group is not empty. It is asked for where it may let somebody in; what
# everybody may read it could only keep from somebody, and whether a tree has such ACLs its upper directories show.
# Each test comes behind what has sorted the entry, since find takes a tenth longer for every few that all entries get.
_WITH_ACL = (
    r"\( -type f ! -perm -004 -o -type d ! -perm -005 -o ! -type f ! -type d ! -type l ! -perm -006 \) "
    r"\( -perm -040 -o -perm -020 -o -perm -010 \) "
    r'-exec sh -c "$acl" sh {} +'
)
_ACL_UNLESS = r"""\( -perm -%s -o ! -perm /070 -o -exec sh -c "$acl" sh {} + \)"""
_GNU_ACLS = {
    "FILE_ACL": _ACL_UNLESS % "004",
    "CLOSED_ACL": _ACL_UNLESS % "005",
    "DIRECTORY_ACL": _ACL_UNLESS % "005" + r""" \( -path "$deep" -o -exec sh -c "$upper" sh {} + \)""",
    "OTHER_ACL": _ACL_UNLESS % "006",
}
# GNU's find writes out what it has printed before it runs anything, so that this stands between two records.
_ACL = r"""
acl='text=$(getfacl -n -p -s -- "$@" 2>/dev/null); [ -z "$text" ] || printf "\0A%s\0" "$text"'
upper='first=$1; [ $# -lt @SAMPLE@ ] || shift $(($# - @SAMPLE@)); set -- "$first" "$@"; '$acl
command -v getfacl >/dev/null || acl=
"""
_SQUEEZE = "if printf x | gzip -1 >/dev/null; then squeeze='gzip -1'; fi"


def listing_script(
    roots: Sequence[str],
    excludes: Sequence[str] = (),
    *,
    compress: bool = True,
    calm: bool = True,
    labels: bool = False,
    acls: bool = True,
    within: str = "",
) -> str:
    """The script for some absolute paths.

    Names, kinds, modes and owners are listed; `acls` where they may matter, `labels` where SELinux has them.
    `excludes` are patterns of find's: with a slash at the front of paths, with a slash elsewhere of the ends of paths,
    else of names. The directories that they match are shown, and not entered. `within` is a directory that is the
    root of the file system to the paths (`/proc/1/root`); they are real paths then.
    """
    asked = "\n".join(f"root {number} {quoted(root.rstrip('/') or '/')}" for number, root in enumerate(roots))
    tests, label = " -o ".join(_test(within, exclude) for exclude in excludes), "%Z/" if labels else ""
    excluded = f"-o -type d \\( {tests} \\) -printf '\\0x%d/%m/%U/%G/{label}%D/%f\\0' -prune" if excludes else ""
    values = {
        "CALM": _CALM if calm else "", "SQUEEZE": _SQUEEZE if compress else "",
        "ACL": _ACL.replace("@SAMPLE@", str(_SAMPLE)) if acls else "",
        "GNU": _gnu(label, excluded, {}), "GNU_WITH_ACLS": _gnu(label, excluded, _GNU_ACLS), "WITH_ACL": _WITH_ACL,
        "EXCLUDED": f"\\( -type d \\( {tests} \\) -prune -o ! -name '' \\)" if excludes else "",
        "BATCH": _batch(within, excludes) + _FORMS, "MOST": str(MOST_COMPLAINTS), "ROOTS": asked,
        "WITHIN": _word(within),
    }  # fmt: skip
    return _filled(_SCRIPT, values)


def _gnu(label: str, excluded: str, acls: dict[str, str]) -> str:
    """What GNU's find is to do with each entry."""
    return _filled(_GNU, {"EXCLUDED": excluded, "LABEL": label} | (acls or dict.fromkeys(_GNU_ACLS, "")))


def _filled(text: str, values: dict[str, str]) -> str:
    return re.sub("@([A-Z_]+)@", lambda found: values[found[1]], text)


def _test(within: str, exclude: str) -> str:
    return f"-{'path' if '/' in exclude else 'name'} {_word(_pattern(within, exclude))}"


def _pattern(within: str, exclude: str) -> str:
    if "/" not in exclude:
        return exclude
    return within + exclude if exclude.startswith("/") else f"*/{exclude}"


def _batch(within: str, excludes: Sequence[str]) -> str:
    """The piece for a find without -printf, as a variable; the shell matches the patterns as find does."""
    names, marks = "", ""
    for number, exclude in enumerate(excludes):
        subject = "path" if "/" in exclude else "name"
        names += f"exclude_{number}={_word(_pattern(within, exclude))}; export exclude_{number}\n"
        marks += f"      case ${subject} in $exclude_{number}) mark=x;; esac\n"
    return f"{names}batch={_word(_BATCH.replace('@MARKED@', marks))}\n"


def _word(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
