"""typing.NamedTuple, made in a fraction of the time: a run of a small file needs a hundred of them.

The library's own compiles a constructor for each class at once, 0.1 ms each and a seventh of such a run; here it is
compiled when some values have been made, which most classes never see. To the type checker it is typing's own.
"""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING or sys.version_info >= (3, 14):  # annotations are made when asked for since 3.14: typing knows how
    from typing import NamedTuple as NamedTuple  # noqa: TID251 – the one place
else:
    from _collections import _tuplegetter

    def _compiled(cls):
        """The constructor, as collections.namedtuple writes it."""
        fields = ", ".join(cls._fields)
        source = f"lambda _cls, {fields}: _new(_cls, ({fields},))" if fields else "lambda _cls: _new(_cls, ())"
        made = eval(source, {"_new": tuple.__new__, "__name__": f"namedtuple_{cls.__name__}"})
        made.__name__ = "__new__"
        made.__defaults__ = tuple(cls._field_defaults.values())
        return made

    _FEW = 40
    _made = {}

    def _first(cls, *values, **named):
        """Stands for the constructor until so many values have been made that it is worth compiling."""
        owner = next(one for one in cls.__mro__ if "_fields" in one.__dict__)
        count = _made[owner] = _made.get(owner, 0) + 1
        whole = _whole(owner, values, named) if count <= _FEW else None
        if whole is not None:
            return tuple.__new__(cls, whole)
        compiled = _compiled(owner)
        owner.__new__ = staticmethod(compiled)
        return compiled(cls, *values, **named)

    def _whole(owner, values, named):
        """The values of all fields; None where they do not fit, which the constructor tells."""
        fields, defaults = owner._fields, owner._field_defaults
        if len(values) == len(fields) and not named:
            return values
        left = set(fields[len(values) :])
        fits = len(values) <= len(fields) and named.keys() <= left <= defaults.keys() | named.keys()
        if not fits:
            return None
        return (*values, *[named[field] if field in named else defaults[field] for field in fields[len(values) :]])

    def _make(cls, values):
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **changed):
        values, index = [*self], self._fields.index
        try:
            for name in changed:
                values[index(name)] = changed[name]
        except ValueError:
            unknown = [name for name in changed if name not in self._fields]
            raise ValueError(f"Got unexpected field names: {unknown!r}") from None
        return tuple.__new__(type(self), values)

    def _asdict(self):
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self):
        shown = (f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{type(self).__name__}({', '.join(shown)})"

    def __getnewargs__(self):
        return tuple(self)

    _COMMON = {
        "__slots__": (),
        "__new__": staticmethod(_first),
        "__repr__": __repr__,
        "__getnewargs__": __getnewargs__,
        "_make": classmethod(_make),
        "_replace": _replace,
        "_asdict": _asdict,
    }

    class _Maker(type):
        def __new__(mcs, name, bases, namespace):
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace[field] for field in fields if field in namespace}
            if tuple(defaults) != fields[len(fields) - len(defaults) :]:
                raise TypeError(f"a field of {name} without a default follows one that has one")
            made = {**_COMMON, **namespace, "_fields": fields, "_field_defaults": defaults, "__match_args__": fields}
            made.update((field, _tuplegetter(index, None)) for index, field in enumerate(fields))
            return type(name, (tuple, *bases[1:]), made)

    _BASE = type.__new__(_Maker, "NamedTuple", (), {})

    def NamedTuple():
        """A function and no class, so that what is made of it has tuple alone for its base."""

    NamedTuple.__mro_entries__ = lambda bases: (_BASE,)
