"""The POSIX sh scripts that answer point questions about a host: directories, single entries, contents, accounts.

Everything they print is NUL-terminated; the first letter of a word says what it is. They write nothing and run nothing
but `find`, `stat`, `getfacl`, `getent`, `id`, `wc`, `grep`, `base64` or `od`.
"""

import shlex
from collections.abc import Iterable

from audit403.evidence.redact import PRIVATE_KEY
from audit403.host.transport import quoted

LARGEST_FILE = 16 * 1024 * 1024
LARGEST_DIRECTORY = 5000
"""Of a directory with more entries only the one that was asked for is looked at, until all of it is wanted."""

MOST_LABELS = 50_000
"""With so many labels of their own, the rest of a tree is not taken to be like its top."""

# Each piece takes its paths as arguments, so that `find -exec sh -c` can run it, too.
_CONTENTS = r"""
for f do
  if [ -d "$f" ]; then printf 'I%s\0' "$f"; continue; fi
  if ! [ -e "$f" ]; then printf 'A%s\0' "$f"; continue; fi
  if ! [ -f "$f" ]; then printf 'N%s\0' "$f"; continue; fi
  if ! [ -r "$f" ]; then printf 'U%s\0' "$f"; continue; fi
  if [ -z "$small" ]; then
    s=$(wc -c < "$f" 2>/dev/null) || { printf 'U%s\0' "$f"; continue; }
    if [ "$s" -gt @LARGEST@ ]; then printf 'B%s\0' "$f"; continue; fi
  fi
  if [ -z "$keyless" ] && grep -q -e '@KEY@' "$f" 2>/dev/null; then printf 'K%s\0' "$f"; continue; fi
  printf 'C%s\0c' "$f"
  if command -v base64 >/dev/null 2>&1; then printf '='; base64 < "$f"; else od -An -v -tx1 < "$f"; fi
  printf '\0'
done
""".replace("@LARGEST@", str(LARGEST_FILE)).replace("@KEY@", PRIVATE_KEY)

# Many small files at once, none of which is anything but a file: one look for keys instead of one each.
_SMALL_CONTENTS = f"small=1; keyless=1; ! grep -q -e '{PRIVATE_KEY}' -- \"$@\" 2>/dev/null || keyless=\n{_CONTENTS}"

_GNU = "'e%y/%m/%U/%G/%s/%T@/%f\\0l%l\\0'"
_DIRECTORY = r"""
for d do
  if ! [ -d "$d" ] || [ -L "$d" ]; then printf 'J%s\0' "$d"; continue; fi
  if ! [ -r "$d" ] || ! [ -x "$d" ]; then printf 'X%s\0' "$d"; continue; fi
  printf 'D%s\0' "$d"
  if [ -n "$gnu" ]; then find "${d%/}/" -mindepth 1 -maxdepth 1 -printf @GNU@ 2>/dev/null || printf 'x\0'
  else find "${d%/}/." ! -name . -prune -exec sh -c "$one" sh {} + 2>/dev/null || printf 'x\0'
  fi
  [ -z "$sel" ] || find "${d%/}/" -mindepth 1 -maxdepth 1 -exec stat --printf 'z%C/%n\0' -- {} + 2>/dev/null
  printf 'G'
  if [ -n "$acls" ]; then find "${d%/}/" ! -path "${d%/}/" -prune ! -type l -exec getfacl -n -p -s -- {} + 2>/dev/null
  elif [ -n "$plus" ] && ls -lan -- "$d" 2>/dev/null | grep -q '^..........[+]'; then printf '?'; fi
  printf '\0'
done
""".replace("@GNU@", _GNU)

_ENTRIES = r"""
for f do
  if [ -e "$f" ] || [ -L "$f" ]; then
    printf 'P%s\0' "$f"
    if [ -n "$gnu" ]; then find "$f" -maxdepth 0 -printf @GNU@ 2>/dev/null; else sh -c "$one" sh "$f"; fi
    [ -z "$sel" ] || stat --printf 'z%C/%n\0' -- "$f" 2>/dev/null
    printf 'G'
    if [ -L "$f" ]; then :; elif [ -n "$acls" ]; then getfacl -n -p -s -- "$f" 2>/dev/null
    else case $(ls -ldn -- "$f" 2>/dev/null) in ??????????+*) printf '?';; esac; fi
    printf '\0'
  else
    d=${f%/*}
    while [ -n "$d" ] && ! [ -e "$d" ]; do d=${d%/*}; done
    if [ -x "${d:-/}" ] || ! [ -d "${d:-/}" ]; then printf 'A%s\0' "$f"; else printf 'S%s\0' "$f"; fi
  fi
done
""".replace("@GNU@", _GNU)

# The same two words as find's -printf gives, from `stat` of GNU, busybox or BSD; a link's target may end in line feeds.
_ONE = r"""
for f do
  if s=$(stat -c %f/%u/%g/%s/%Y -- "$f" 2>/dev/null); then k=h
  elif s=$(stat -f %p/%u/%g/%z/%m -- "$f" 2>/dev/null); then k=o
  else [ -e "$f" ] || [ -L "$f" ] || continue; printf 'x\0'; continue; fi
  n=${f##*/}
  printf "e$k/%s/%s\0l" "$s" "$n"
  [ ! -L "$f" ] || { t=$(readlink -- "$f"; printf x); printf %s "${t%?x}"; }
  printf '\0'
done
"""

_PROBE = r"""
gnu=; find / -maxdepth 0 -printf '' >/dev/null 2>&1 && gnu=1
acls=; plus=1
if command -v getfacl >/dev/null 2>&1; then acls=1
elif ls --help 2>&1 | grep -q BusyBox; then plus=; printf 'Q\0'; fi
sel=; case $(cat /sys/fs/selinux/enforce 2>/dev/null) in 1) sel=1;; esac
export gnu acls plus one sel
"""

_BASICS = r"""
printf 'H'; uname -n | tr -d '\n'; printf '\0'
printf 'Y'; cat /proc/sys/fs/protected_symlinks 2>/dev/null | tr -d '\n'; printf '\0'
printf 'V'; @PASSWD@ 2>/dev/null; printf '\0'
printf 'W'; @GROUP@ 2>/dev/null; printf '\0'
"""

_ACCOUNT = r"""
for u do
  printf 'M%s\0v' "$u"
  if command -v getent >/dev/null 2>&1; then getent passwd "$u" 2>/dev/null
  elif id -- "$u" >/dev/null 2>&1; then printf '?'; fi
  printf '\0m'; id -G -- "$u" 2>/dev/null; printf '\0'
done
"""

_GROUP = r"""
for g do
  printf 'O%s\0w' "$g"; getent group "$g" 2>/dev/null; printf '\0'
done
"""


_LABELS = r"""
[ -n "$gnu" ] && [ -n "$sel" ] && for d do
  r=$(readlink -f -- "$d") && c=$(stat -c %C -- "$r" 2>/dev/null) || continue
  t=${c#*:*:}; t=${t%%:*}
  case $t in ''|*[!A-Za-z0-9_]*) continue;; esac
  stat --printf 'z%C/%n\0' -- "$r"
  find "$r" -xdev -printf 'z%Z/%p\0' 2>/dev/null | LC_ALL=C grep -zv "^z[^/:]*:[^/:]*:$t:" | head -zn @MOST@
  # What could not be listed may be labelled in any way.
  [ -n "$(find "$r" -xdev -type d ! -readable -print -quit 2>/dev/null)" ] || printf 'T%s\0' "$r"
done
:
"""


def _shell(variable: str, text: str) -> str:
    return f"{variable}={quoted(text)}\n"


PIECES = _shell("one", _ONE) + _PROBE
"""What every script that looks at entries begins with."""


def entries_script(paths: Iterable[str]) -> str:
    """Single entries."""
    return f"{PIECES}set -- {_words(paths)}\n{_ENTRIES}"


def directories_script(paths: Iterable[str], *, small_only: bool = False) -> str:
    """Directories with all that is in them; with `small_only` those that are not too large."""
    chosen = ""
    if small_only:
        chosen = f'for d do shift; [ "$(ls -f -- "$d" 2>/dev/null | head -n {LARGEST_DIRECTORY} | wc -l)" -ge '
        chosen += f'{LARGEST_DIRECTORY} ] || set -- "$@" "$d"; done\n'
    return f"{PIECES}set -- {_words(paths)}\n{chosen}{_DIRECTORY}"


def contents_script(paths: Iterable[str]) -> str:
    """Contents of files."""
    return f"small=; keyless=; set -- {_words(paths)}\n{_CONTENTS}"


def labels_script(tops: Iterable[str]) -> str:
    """The labels of whole trees, where SELinux enforces: of what is of another type than its top, and of that."""
    return f"{PIECES}set -- {_words(tops)}\n{_LABELS.replace('@MOST@', str(MOST_LABELS))}"


def folder_script(folders: Iterable[str], largest: int) -> str:
    """Folders of configuration, whole: all directories, and the files that are not larger than that many bytes."""
    text = (
        PIECES + _shell("directory", _DIRECTORY) + _shell("contents", _SMALL_CONTENTS) + "export directory contents\n"
    )
    blocks = largest // 512 + 1
    for folder in folders:
        place = quoted(folder)
        # By the environment: find takes no command for many with {} in a text of its own.
        text += (
            f"if [ -d {place} ]; then\n"
            f"find {place} -xdev -type d -exec sh -c 'eval \"$directory\"' sh {{}} + 2>/dev/null\n"
            f"find {place} -xdev -type f -size -{blocks} -exec sh -c 'eval \"$contents\"' sh {{}} + 2>/dev/null\nfi\n"
        )
    return text


def ways_script(paths: Iterable[str], root: str = "", most: int = LARGEST_DIRECTORY) -> str:
    """Every directory on the way to each path, links followed where the host can say where they lead.

    With a `root` it begins there, and what the host says of links is not what is meant.
    """
    text = PIECES + _shell("directory", _DIRECTORY) + _shell("entries", _ENTRIES) + f"root={quoted(root)}\n"
    text += r"""
way() {
  p=$1
  while [ -n "$p" ] && [ "$p" != "$root" ]; do
    p=${p%/*}
    if [ "$p" != "$root" ]; then list "$p"; elif [ -n "$root" ]; then list "$root/."; else list /; fi
  done
}
list() {
  case "$seen" in *"|$1|"*) return;; esac; seen="$seen|$1|"
  if [ "$(ls -f -- "$1" 2>/dev/null | head -n @MOST@ | wc -l)" -ge @MOST@ ]; then return; fi
  sh -c "$directory" sh "$1"
}
seen=
""".replace("@MOST@", str(most))
    for path in paths:
        place = quoted(path)
        text += f"way {place}/.\n"
        if root:
            text += f'sh -c "$entries" sh {place}\n'
            continue
        text += f"r=$(readlink -f -- {place} 2>/dev/null; printf x); r=${{r%?x}}\n"
        text += 'case "$r" in /*) way "$r/.";; *) r=;; esac\n'
        text += f'sh -c "$entries" sh {place} ${{r:+"$r"}}\n'
    return text


def basics_script(root: str = "") -> str:
    """A host's name, its accounts and how it treats links; those of a process with another root are in its files."""
    passwd = f"cat {quoted(root + '/etc/passwd')}" if root else "(getent passwd || cat /etc/passwd)"
    group = f"cat {quoted(root + '/etc/group')}" if root else "(getent group || cat /etc/group)"
    return _BASICS.replace("@PASSWD@", passwd).replace("@GROUP@", group)


def acl_script(roots: Iterable[str]) -> str:
    """The ACLs of whole trees, as getfacl prints them; of entries without one it prints nothing."""
    return "".join(
        f"[ -d {place} ] && command -v getfacl >/dev/null 2>&1 && getfacl -R -P -n -p -s -- {place} 2>/dev/null\n"
        for place in map(quoted, roots)
    )


def accounts_script(users: Iterable[str], groups: Iterable[str]) -> str:
    """Users and groups by name or number."""
    asked = (" ".join(shlex.quote(name) for name in names if not name.startswith("-")) for names in (users, groups))
    return f"set -- {next(asked)}\n{_ACCOUNT}\nset -- {next(asked)}\n{_GROUP}"


def _words(paths: Iterable[str]) -> str:
    return " ".join(quoted(path) for path in paths)
