"""SLA policies: a YAML file in, frozen policies out, and every problem of the file at once, with its line.

The file has the shape in which support teams already keep their Zendesk policies as YAML:

    title: Standard support
    calendar: weekdays-9-17          # for targets with business_hours, unless the command line or profile names another
    policies:
      - title: VIP
        position: 1                  # the first policy whose filter a ticket meets is the one that applies
        filter:
          all: [{field: organization, operator: is, value: Acme}]
          any: [{field: priority, operator: is_not, value: low}]
        policy_metrics:
          - {priority: urgent, metric: first_reply_time, target: 1h, business_hours: true}

A file that holds one policy may state its keys at the top, without `policies`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from cs_metrics import yamlfile
from cs_metrics.definitions import parse_span
from cs_metrics.entities import FRAMES, SLA_CLOCKS
from cs_metrics.errors import DefinitionError, Problem, UsageError, did_you_mean
from cs_metrics.sla._policies import Condition, Policy, SlaPolicies, Target, condition_on

__all__ = ["SlaKeys", "SlaPolicies", "find_sla", "load_sla"]

Clock = Literal[
    "first_reply_time", "next_reply_time", "periodic_update", "pausable_update", "requester_wait", "agent_work",
    "full_resolution_time",
]  # fmt: skip
_ZendeskClock = Literal[
    "periodic_update_time", "pausable_update_time", "requester_wait_time", "agent_work_time", "total_resolution_time"
]
Priority = Literal["low", "normal", "high", "urgent"]
Operator = Literal[
    "is", "is_not", "includes", "not_includes", "present", "not_present", "less_than", "less_than_equal",
    "less_than_or_equal", "greater_than", "greater_than_equal", "greater_than_or_equal",
]  # fmt: skip
_LONGEST = 100 * 365 * 86400  # seconds; what is longer is a slip of the pen
_Value = str | int | float | bool
_OURS: Mapping[str, str] = {"total_resolution_time": "full_resolution_time"} | {
    name: name.removesuffix("_time") for name in get_args(_ZendeskClock) if name != "total_resolution_time"
}
_COLUMNS = FRAMES["tickets"].columns


class _ConditionKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A condition on one column of the tickets; `present` and `not_present` take no value, `includes` a list."""

    field: str
    operator: Operator
    value: _Value | list[_Value] | None = None


class _FilterKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The tickets that a policy is for: they meet every condition of `all`, and one of `any` if there are some."""

    all: list[_ConditionKeys] | None = None
    any: list[_ConditionKeys] | None = None


class _TargetKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A target: whole minutes, or a span such as 30min, 4h or 1d. Without `priority` it holds for those without own."""

    metric: Clock | _ZendeskClock
    target: int | str
    priority: Priority | None = None
    business_hours: bool = False


class _PolicyKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One policy; those without `position` come last, in the order of the file."""

    title: str
    policy_metrics: list[_TargetKeys]
    description: str | None = None
    position: int | None = None
    filter: _FilterKeys | None = None


class SlaKeys(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The keys of an SLA file: `policies`, or those of a single policy."""

    title: str
    calendar: str | None = None
    policies: list[_PolicyKeys] | None = None
    description: str | None = None
    position: int | None = None
    filter: _FilterKeys | None = None
    policy_metrics: list[_TargetKeys] | None = None


def find_sla(word: str, folders: Sequence[Path]) -> SlaPolicies:
    """The SLA called `word` (FOLDER/sla/WORD.yml, later folders win) or the file at that path.

    Raises `UsageError` if there is none, `DefinitionError` with all its problems.
    """
    named = {path.stem: path for folder in folders for path in sorted((folder / "sla").glob("*.yml"))}
    if word in named:
        return load_sla(named[word])
    if Path(word).is_file():
        return load_sla(Path(word))
    known = f"There are: {', '.join(sorted(named))}." if named else "There are none."
    raise UsageError(f"there is no SLA '{word}'.{did_you_mean(word, named)} {known} Or give the path of a file.")


def load_sla(path: Path) -> SlaPolicies:
    """One SLA file. Raises `DefinitionError` with every problem, with file and line."""
    return _SlaFile(path).build()


class _SlaFile:
    """A file being checked: problems are gathered, so that one run shows them all."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []

    def build(self) -> SlaPolicies:
        raw = yamlfile.load(self.path)
        raw.line = 1
        self._check(raw, SlaKeys)
        if "policies" in raw:
            for key in ("description", "position", "filter", "policy_metrics"):
                if key in raw:
                    self._problem(raw.lines[key], f"'{key}' belongs to one policy, and this file lists `policies`")
            listed = list(self._items(raw, "policies"))
        else:
            listed = [raw]
        policies = [self._policy(each, _PolicyKeys if "policies" in raw else SlaKeys) for each in listed]
        if "policies" in raw and not raw["policies"]:
            self._problem(raw.lines["policies"], "policies: there is none")
        self._check_positions(listed)
        if self.problems:
            raise DefinitionError(self.problems)
        ranks = [each.get("position") for each in listed]
        order = sorted(range(len(listed)), key=lambda n: (ranks[n] is None, ranks[n] or 0, n))
        return SlaPolicies(self.path.stem, raw["title"], raw.get("calendar"), tuple(policies[n] for n in order))

    def _problem(self, line: int, message: str) -> None:
        self.problems.append(Problem(str(self.path), line, message))

    def _check(self, raw: yamlfile.Mapping, keys: type[msgspec.Struct]) -> bool:
        """Whether the keys of one mapping, without those that hold mappings, are as the struct says."""
        before = len(self.problems)
        fields = {field.name: field for field in msgspec.structs.fields(keys)}
        for key, value in raw.items():
            if key not in fields:
                self._problem(raw.lines[key], f"unknown key '{key}'.{did_you_mean(key, fields)}")
            elif key not in ("policies", "policy_metrics", "filter", "all", "any"):
                try:
                    msgspec.convert(value, fields[key].type)
                except msgspec.ValidationError:
                    self._problem(raw.lines[key], f"{key}: {_expected(key, value, fields[key].type)}")
        for name, field in fields.items():
            if field.required and name not in raw:
                self._problem(raw.line, f"the key '{name}' is missing")
        return len(self.problems) == before

    def _items(self, raw: yamlfile.Mapping, key: str) -> Iterator[yamlfile.Mapping]:
        listed = raw.get(key)
        if listed is None:
            return
        if not isinstance(listed, list):
            self._problem(raw.lines[key], f"{key}: this must be a list")
            return
        for item in listed:
            if isinstance(item, yamlfile.Mapping):
                yield item
            else:
                self._problem(raw.lines[key], f"{key}: '{item}' is not a list of `key: value`")

    def _policy(self, raw: yamlfile.Mapping, keys: type[msgspec.Struct]) -> Policy:
        if keys is not SlaKeys:
            self._check(raw, keys)
        elif "policy_metrics" not in raw:
            self._problem(1, "the key 'policies' is missing (or 'policy_metrics', in a file with a single policy)")
        chosen = raw.get("filter") or yamlfile.Mapping()
        every: list[Condition] = []
        some: list[Condition] = []
        if not isinstance(chosen, yamlfile.Mapping):
            self._problem(raw.lines["filter"], "filter: this must have `all` or `any`, each a list of conditions")
        elif chosen:
            self._check(chosen, _FilterKeys)
            for key, found in (("all", every), ("any", some)):
                made = [self._condition(each) for each in self._items(chosen, key)]
                found += [each for each in made if each is not None]
        targets: dict[tuple[str, str | None], Target] = {}
        for each in self._items(raw, "policy_metrics"):
            target = self._target(each)
            if target is None:
                continue
            pair = (target.clock, target.priority)
            if pair in targets:
                whose = f"priority {target.priority}" if target.priority else "every other priority"
                self._problem(each.line, f"policy_metrics: {target.clock} has two targets for {whose}")
            targets[pair] = target
        if raw.get("policy_metrics") == []:
            self._problem(raw.lines["policy_metrics"], "policy_metrics: there is none")
        return Policy(
            str(raw.get("title")), raw.get("description") or "", tuple(every), tuple(some), tuple(targets.values())
        )

    def _check_positions(self, listed: Sequence[yamlfile.Mapping]) -> None:
        taken: dict[int, str] = {}
        for each in listed:
            position = each.get("position")
            if position is None or not isinstance(position, int):
                continue
            if position in taken:
                text = f"position: {position} is taken by the policy '{taken[position]}'"
                self._problem(each.lines["position"], text)
            taken.setdefault(position, str(each.get("title")))

    def _target(self, raw: yamlfile.Mapping) -> Target | None:
        if not self._check(raw, _TargetKeys):
            return None
        keys = msgspec.convert(raw, _TargetKeys)
        try:
            seconds = keys.target * 60.0 if isinstance(keys.target, int) else parse_span(keys.target).total_seconds()
        except ValueError as error:
            self._problem(raw.lines["target"], f"target: {error}, or a whole number of minutes")
            return None
        if not 0 < seconds <= _LONGEST:
            what = "no time at all" if seconds <= 0 else "longer than 100 years"
            self._problem(raw.lines["target"], f"target: {keys.target} is {what}")
            return None
        return Target(_OURS.get(keys.metric, keys.metric), keys.priority, seconds, keys.business_hours)

    def _condition(self, raw: yamlfile.Mapping) -> Condition | None:
        if not self._check(raw, _ConditionKeys):
            return None
        keys = msgspec.convert(raw, _ConditionKeys)
        if keys.field not in _COLUMNS and not keys.field.startswith("x_"):
            self._problem(
                raw.lines["field"], f"field: tickets have no column '{keys.field}'.{did_you_mean(keys.field, _COLUMNS)}"
            )
            return None
        listed = keys.value if isinstance(keys.value, list) else [] if keys.value is None else [keys.value]
        try:
            return condition_on(keys.field, keys.operator, listed)
        except ValueError as error:
            self._problem(raw.lines.get("value", raw.lines["operator"]), str(error))
            return None


def _expected(key: str, value: Any, wanted: Any) -> str:
    if key in ("metric", "operator", "priority"):
        words = [word for part in (wanted, *get_args(wanted)) for word in get_args(part) if isinstance(word, str)]
        known = SLA_CLOCKS if key == "metric" else words
        return f"'{value}' is none of {', '.join(known)}.{did_you_mean(str(value), words)}"
    wants = {
        "position": "a whole number",
        "business_hours": "true or false",
        "target": "a whole number of minutes, or a span such as 30min, 4h or 1d",
        "value": "a value or a list of values",
    }
    return f"'{value}' must be {wants.get(key, 'text')}"
