"""What a Grafana dashboard says that Grafana's own models (grafana-foundation-sdk) do not know: read by them, it is compared with what they write.

usage: read_dashboard.py DASHBOARD     a JSON list of places; run by a Python that has grafana-foundation-sdk"""
import enum
import json
import sys
import types
import typing

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import panelcfg_config
from grafana_foundation_sdk.models import dashboard


def lost(ours, theirs, place="dashboard"):
    """Members that are gone or changed after they were read and written."""
    if isinstance(ours, dict):
        for name, value in ours.items():
            if not isinstance(theirs, dict) or name not in theirs:
                yield f"{place}.{name} is not known"
            else:
                yield from lost(value, theirs[name], f"{place}.{name}")
    elif isinstance(ours, list):
        if not isinstance(theirs, list) or len(ours) != len(theirs):
            yield f"{place} is no such list"
        else:
            for i, (one, other) in enumerate(zip(ours, theirs)):
                yield from lost(one, other, f"{place}[{i}]")
    elif ours != theirs:
        yield f"{place} is {theirs!r}, not {ours!r}"


def plain_types(hint):
    """Of a member that is a text, number or word of a list; () of all others."""
    is_choice = typing.get_origin(hint) in (typing.Union, types.UnionType)
    kinds = [kind for kind in (typing.get_args(hint) if is_choice else (hint,)) if kind is not type(None)]
    simple = all(isinstance(kind, type) and issubclass(kind, (enum.Enum, str, int, float, bool)) for kind in kinds)
    return kinds if simple else ()


def fits(value, kind):
    if issubclass(kind, enum.Enum):
        return value in [member.value for member in kind]
    return isinstance(value, (int, float) if kind is float else kind)


def misfits(thing, place="dashboard"):
    """Values that the models would not take, if Python looked."""
    if isinstance(thing, list):
        for i, one in enumerate(thing):
            yield from misfits(one, f"{place}[{i}]")
    if not type(thing).__module__.startswith("grafana_foundation_sdk.models") or isinstance(thing, enum.Enum):
        return
    hints = typing.get_type_hints(type(thing))
    for name, value in vars(thing).items():
        kinds = plain_types(hints[name])
        if value is not None and kinds and not any(fits(value, kind) for kind in kinds):
            yield f"{place}.{name}: {value!r}"
        yield from misfits(value, f"{place}.{name}")


def main():
    register_default_plugins()
    with open(sys.argv[1]) as file:
        ours = json.load(file)
    read = dashboard.Dashboard.from_json(json.loads(json.dumps(ours)))
    found = [*lost(ours, json.loads(JSONEncoder().encode(read))), *misfits(read)]
    found += [f"no such panel: {panel['type']}" for panel in ours["panels"] if panel["type"] != "row" and not panelcfg_config(panel["type"])]
    json.dump(found, sys.stdout)


main()
