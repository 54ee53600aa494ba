"""What hosts that are set up alike have in common: the same configuration, byte for byte, is read and built once.

Neither a parsed file nor a model says anything of the world that is served from, so that sites may share them. Only
some are kept, the last that were used: a process of a fleet audits one host after the other.
"""

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.model.build import build_model
from audit403.nginx.model.model import Model
from audit403.nginx.read.configuration import Configuration
from audit403.nginx.read.parse import parse
from audit403.nginx.read.tree import ParsedFile
from audit403.nginx.start.check import refused

MOST_BYTES = 512 * 1024
"""So much of files, and as much of configurations with their fixes."""
MOST_CONFIGURATIONS = 16


class _Built(NamedTuple):
    """A configuration with its models, each for a name of the host."""

    configuration: Configuration
    models: dict[str | None, Model]


class Kept:
    """The files and configurations of one process that were used last."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, bytes], ParsedFile] = {}
        self._built: list[_Built] = []
        self._size = 0

    def parsed(self, path: str, data: bytes) -> ParsedFile:
        """One file, parsed unless it was before."""
        key = (path, data)
        known = self._files.pop(key, None)
        if known is None:
            known = parse(path, data)
            self._size += len(data)
        self._files[key] = known
        while self._size > MOST_BYTES:
            oldest = next(iter(self._files))
            del self._files[oldest]
            self._size -= len(oldest[1])
        return known

    def same(self, configuration: Configuration) -> Configuration:
        """A configuration that was read before and is equal in everything, or else this one, which is kept."""
        found = next((one for one in self._built if one.configuration.is_like(configuration)), None)
        if found is None:
            found = _Built(configuration, {})
        else:
            self._built.remove(found)
        self._built.append(found)
        while len(self._built) > MOST_CONFIGURATIONS or sum(one.configuration.size for one in self._built) > MOST_BYTES:
            del self._built[0]
        return found.configuration

    def model(self, configuration: Configuration, hostname: str | None) -> Model:
        """The model of a configuration on a host of that name, built unless it was before."""
        models = next((one.models for one in self._built if one.configuration is configuration), {})
        for name, model in models.items():
            if name == hostname or not model.after_host:
                return model
        model = models[hostname] = build_model(configuration, hostname, refused(configuration))
        return model
