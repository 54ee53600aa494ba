"""Our table of directives against what the installed modules say themselves."""

import re
import subprocess
from pathlib import Path

from audit403.apache.read import commands
from audit403.apache.read.commands import NOW
from audit403.apache.read.modules import DEBIAN, STATIC
from audit403.apache.read.now import handlers
from audit403.apache.read.process import Process
from servers.apache_modules import MODULES, Module, modules_of
from servers.need import need

#: Modules of other packages that the tests install.
FOREIGN = {"security2_module"}


def installed() -> list[Module]:
    files = [Path(need("apache2")), *sorted(MODULES.glob("mod_*.so"))]
    return [module for file in files for module in modules_of(file) if module.symbol not in FOREIGN]


def test_every_directive_is_as_the_module_says() -> None:
    found = {
        (module.symbol, command.name, command.override, command.how)
        for module in installed()
        for command in module.commands
    }
    ours = {
        (command.module, command.name, command.override, command.how)
        for module in installed()
        for command in commands.commands_of(module.symbol)
    }
    assert ours == found
    assert len(found) > 700


def test_every_module_is_known_by_its_file() -> None:
    for module in installed():
        assert commands.file_of(module.symbol) == module.file
        assert commands.is_httpds(module.symbol)


def test_the_modules_that_are_linked_in() -> None:
    printed = subprocess.run([need("apache2"), "-l"], capture_output=True, text=True, check=True).stdout
    assert {commands.file_of(symbol) for symbol in STATIC} == set(re.findall(r"\S+\.c", printed))


def test_debians_default_modules_are_in_its_package() -> None:
    assert all((Path("/etc/apache2/mods-available") / f"{name}.load").exists() for name in DEBIAN.modules)


def test_all_that_is_done_while_reading_is_done_here() -> None:
    process = Process()
    process.lenient = True
    now = {command.name.lower() for module in installed() for command in module.commands if command.override & NOW}
    assert now <= set(handlers(process))
