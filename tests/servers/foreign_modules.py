"""Modules of other packages, unpacked by scripts/unpack-modules: PHP, mod_wsgi, mod_fcgid, mod_evasive, mpm-itk."""

from __future__ import annotations

import os
from pathlib import Path

from .need import missing, need

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "audit403" / "apache-modules"
_FILES = {
    "php": ("libphp*.so", "libapache2-mod-php"),
    "wsgi": ("mod_wsgi.so-3.*", "libapache2-mod-wsgi-py3"),
    "mpm_itk": ("mpm_itk.so", "libapache2-mpm-itk"),
}


def load_foreign(*names: str) -> str:
    """The LoadModule lines of some modules: `load_foreign("php", "fcgid")`."""
    need("apache2")
    return "".join(f"LoadModule {name}_module {_file(name)}\n" for name in names)


def _file(name: str) -> str:
    pattern, package = _FILES.get(name, (f"mod_{name}.so", f"libapache2-mod-{name.removesuffix('20')}"))
    found = sorted(FOLDER.glob(pattern))
    return str(found[0]) if found else missing(pattern, f"{package} (scripts/unpack-modules)")
