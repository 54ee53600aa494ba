"""The script that has the kernel itself say what a worker may not use: find(1) with access(2), as the worker.

It runs as the worker – its ids, groups and capabilities, in its own mounts and root –, which takes root and the setpriv
of util-linux. Only programs of the host run: a container's tree is entered by its directory alone, and nothing that
lies in it is started. Where the host lacks something, the script says so and asks nothing.
"""

from collections.abc import Iterable, Sequence

from audit403.evidence.kernel import READABLE, SEARCHABLE, KernelAnswer
from audit403.evidence.machine import Process
from audit403.host.transport import quoted

_CAPABILITIES = ((1, "dac_override"), (2, "dac_read_search"))
"""Those that change who may read and search, by their numbers."""

# Words that begin with a letter for what is refused; the last one is a dot.
_LOOK = r"""
find=$1; shift
while [ "$1" != -- ]; do "$find" "$1" -maxdepth 0 ! -executable -printf 'x%p\0'; shift; done 2>/dev/null
shift
for root do
  "$find" "$root" -xdev @EXCLUDED@ \( \
    \( -type d -o -type f \) ! -readable -printf 'r%p\0' , -type d ! -executable -printf 'x%p\0' , \
    -type d \( ! -readable -o ! -executable \) -prune \) 2>/dev/null && printf 'o%s\0' "$root"
done
printf '.\0'
"""

_SCRIPT = r"""
audit403_kernel() {
find=$(command -v find) setpriv=$(command -v setpriv) sh=$(command -v sh)
for one in "$find" "$setpriv" "$sh"; do  # by a whole path alone it is the host's in a container's directory, too
  case $one in /*) ;; *) return;; esac
done
"$find" / -maxdepth 0 -readable -printf '' || return
"$setpriv" --version | grep -q util-linux || return
cd -P @ROOT@ || return
"$setpriv" @BECOME@ -- "$sh" -c @LOOK@ sh "$find" @WAYS@ -- @ROOTS@
}
audit403_kernel </dev/null 2>/dev/null
"""


def kernel_script(worker: Process, roots: Sequence[str], excludes: Sequence[str] = ()) -> str:
    """The script that asks about trees, by their real paths as the worker sees them."""
    excluded = " -o ".join(f"-name {quoted(name)}" for name in excludes)
    look = _LOOK.replace("@EXCLUDED@", f"\\( {excluded} \\) -printf 'e%p\\0' -prune -o" if excludes else "")
    script = _SCRIPT.replace("@ROOT@", quoted(f"/proc/{worker.pid}/root/"))
    script = script.replace("@BECOME@", " ".join(_become(worker))).replace("@LOOK@", quoted(look))
    script = script.replace("@WAYS@", " ".join(quoted(_inside(way)) for way in ways_to(roots)))
    return script.replace("@ROOTS@", " ".join(quoted(_inside(root)) for root in roots))


def answer_from(output: bytes, worker: Process, roots: Sequence[str]) -> KernelAnswer | None:
    """What the script printed; None where the host could not be asked. Raises ValueError where it is garbage."""
    words = output.split(b"\0")
    if words[-2:] != [b".", b""]:
        return None
    refused: dict[str, int] = {}
    whole = set()
    for word in words[:-2]:
        letter, path = word[:1], _path(word[1:])
        if letter == b"o":
            whole.add(path)
        elif letter in _REFUSED:
            refused[path] = refused.get(path, 0) | _REFUSED[letter]
        else:
            raise ValueError(f"{word[:80]!r} is nothing that the kernel was asked")
    asked = tuple(root for root in roots if root in whole)
    return KernelAnswer(worker.pid, worker.groups, asked, ways_to(roots), tuple(sorted(refused.items())))


_REFUSED = {b"r": READABLE, b"x": SEARCHABLE, b"e": 0}


def ways_to(roots: Iterable[str]) -> tuple[str, ...]:
    """The directories above some trees, the outer ones first."""
    ways: dict[str, None] = {}
    for root in roots:
        parts = root.strip("/").split("/") if root != "/" else []
        ways.update(dict.fromkeys("/" + "/".join(parts[:count]) for count in range(len(parts))))
    return tuple(ways)


def _become(worker: Process) -> list[str]:
    groups = ",".join(map(str, sorted(worker.groups)))
    held = [name for bit, name in _CAPABILITIES if worker.capabilities >> bit & 1]
    able = ",".join(["-all", *(f"+{name}" for name in held)])
    words = [f"--reuid={worker.uid}", f"--regid={worker.gid}", f"--groups={groups}" if groups else "--clear-groups"]
    words.append(f"--inh-caps={able}")
    if worker.uid == 0:
        words.append(f"--bounding-set={able}")
    elif held:  # without that bit access(2) does as if nobody but root had capabilities
        words += [f"--ambient-caps={able}", "--securebits=+no_setuid_fixup"]
    return words


def _inside(path: str) -> str:
    """A path below the directory in which the script stands."""
    return f".{path}" if path != "/" else "."


def _path(word: bytes) -> str:
    text = word.decode("utf-8", "surrogateescape")
    if not text.startswith(".") or "/../" in text:
        raise ValueError(f"{text[:80]!r} is no path below the worker's root")
    return text[1:] or "/"
