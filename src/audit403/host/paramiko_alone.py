"""paramiko without `invoke`, which would be half of what loading it takes: it is there to run what `Match exec` names.

invoke brings asyncio, unittest.mock and a reader of YAML along. Where paramiko's reader of configurations is used, it
is given what was left out.
"""

import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

_LEFT_OUT = "invoke"

if TYPE_CHECKING or _LEFT_OUT in sys.modules:
    import paramiko
else:
    cast(dict[str, Any], sys.modules)[_LEFT_OUT] = None  # to import it is an ImportError then, which paramiko expects
    try:
        import paramiko
    finally:
        del sys.modules[_LEFT_OUT]

__all__ = ["config_reader", "paramiko"]


def config_reader() -> type["paramiko.SSHConfig"]:
    """The reader of configurations that paramiko has, whole."""
    config: Any = import_module("paramiko.config")
    if config.invoke is None:
        with suppress(ImportError):
            config.invoke = import_module(_LEFT_OUT)
    reader: type[paramiko.SSHConfig] = config.SSHConfig
    return reader
