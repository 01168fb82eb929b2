"""Transformations as data: pure functions by name, that a mapping lists for each column.

Each takes the cell's text (and the arguments written in the mapping) and gives an ``Outcome``:
a value, what was repaired, what could not be taken. None of them guesses.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from callcenter.estate.importing.outcome import Outcome
from callcenter.estate.importing.transforms import basic, contracts, dates, names, phones, places

Transform = Callable[..., Outcome]

TRANSFORMS: dict[str, Transform] = {
    "text": basic.text,
    "place": basic.place,
    "reference": basic.reference,
    "slice": basic.slice_text,
    "number": basic.number,
    "integer": basic.integer,
    "surface": basic.surface,
    "rooms": basic.rooms,
    "year": basic.year,
    "postcode": basic.postcode,
    "insee": basic.insee,
    "email": basic.email,
    "flag": basic.flag,
    "code": basic.code,
    "heating": basic.heating,
    "energy": basic.energy,
    "role": basic.role,
    "civility": basic.civility,
    "last_name": basic.last_name,
    "first_name": basic.first_name,
    "whole_name": names.whole_name,
    "date": dates.date,
    "phones": phones.phones,
    "house_number": places.house_number,
    "suffix": places.suffix,
    "street_type": places.street_type,
    "whole_address": places.whole_address,
    "floor": places.floor,
    "typology": places.typology,
    "rpls_suffix": basic.rpls_suffix,
    "rpls_home_kind": basic.rpls_home_kind,
    "equipment": contracts.equipment,
    "weekly_hours": contracts.weekly_hours,
    "residences": contracts.residences,
}


# What a transformation gives, when it is not text: a field takes what its own one gives.
PRODUCES: dict[str, str] = {
    "number": "number",
    "surface": "number",
    "integer": "whole number",
    "rooms": "whole number",
    "year": "whole number",
    "floor": "whole number",
    "flag": "flag",
    "date": "date",
    "role": "role",
    "phones": "phones",
    "whole_name": "name",
    "whole_address": "address",
    "house_number": "house number",
    "typology": "typology",
    "weekly_hours": "hours",
    "residences": "residences",
}


def produces(name: str) -> str:
    """Return the kind of value that the transformation ``name`` gives."""
    return PRODUCES.get(name, "text")


def _check_arguments(transform: Transform, arguments: Mapping[str, Any]) -> None:
    """Raise ``TypeError`` for an argument of another type than its default value."""
    signature = inspect.signature(transform)
    signature.bind("", **arguments)
    for name, value in arguments.items():
        if name == "codes":
            good = isinstance(value, dict) and all(
                isinstance(key, str) and isinstance(code, str | bool) for key, code in value.items()
            )
        elif isinstance(signature.parameters[name].default, str):
            good = isinstance(value, str)
        else:
            good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good:
            raise TypeError(name)


def bind(name: str, arguments: Mapping[str, Any]) -> Callable[[str], Outcome]:
    """Return the transformation ``name`` with its arguments.

    Raises ``KeyError`` for an unknown name and ``TypeError`` for arguments it does not take.
    """
    transform = TRANSFORMS[name]
    _check_arguments(transform, arguments)
    return partial(transform, **arguments) if arguments else transform


def argument_names(name: str) -> tuple[str, ...]:
    """Return the arguments that the transformation ``name`` takes, for the mapping's editor."""
    return tuple(inspect.signature(TRANSFORMS[name]).parameters)[1:]
