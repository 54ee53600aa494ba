"""A machine as plain JSON values, and back: every field by its own name, sets as sorted lists."""

from typing import Any

from audit403.evidence.kernel import KernelAnswer
from audit403.evidence.machine import Login, Machine, Mount, Process, Unit


def machine_json(machine: Machine) -> dict[str, Any]:
    """The machine's fields as JSON has them."""
    return {
        **machine._asdict(),
        "login": _plain(machine.login),
        "processes": [_plain(process) for process in machine.processes],
        "mount_tables": [[_plain(mount) for mount in table] for table in machine.mount_tables],
        "units": [_plain(unit) for unit in machine.units],
        "kernel": [_plain(answer) for answer in machine.kernel],
    }


def machine_from(record: dict[str, Any]) -> Machine:
    """The machine of a record. Raises KeyError, TypeError or ValueError where it is none."""
    known = {name: record[name] for name in Machine._fields if name in record}
    for name, value in known.items():
        if isinstance(value, list):
            known[name] = _tuples(value)
    known["login"] = _made(Login, record["login"])
    known["processes"] = tuple(_made(Process, one) for one in record["processes"])
    known["mount_tables"] = tuple(tuple(_made(Mount, one) for one in table) for table in record["mount_tables"])
    known["units"] = tuple(_made(Unit, one) for one in record["units"])
    known["kernel"] = tuple(_made(KernelAnswer, one) for one in record.get("kernel", ()))
    return Machine(**known)


_SETS = frozenset(("groups", "options", "changed"))


def _plain(value: Any) -> dict[str, Any]:
    return {name: sorted(part) if isinstance(part, frozenset) else part for name, part in value._asdict().items()}


def _made(kind: Any, record: dict[str, Any]) -> Any:
    fields = {name: record[name] for name in kind._fields if name in record}
    for name, part in fields.items():
        if isinstance(part, list):
            fields[name] = frozenset(part) if name in _SETS else _tuples(part)
    return kind(**fields)


def _tuples(value: list[Any]) -> tuple[Any, ...]:
    return tuple(_tuples(part) if isinstance(part, list) else part for part in value)
