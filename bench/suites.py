"""The parts of the forward benchmark: which candidates run against which servers."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Callable, Dict, List, NamedTuple, Sequence

from bench.candidates import Candidate, floor, floor_without_validation, limit, signed_limit
from bench.environments import Environment, Load, canned


class Options(NamedTuple):
    items: int
    floor_items: int
    """The baseline moves fewer items: it needs a hundred times the CPU. Figures are therefore per million."""
    contenders: Sequence[str]
    tables: int
    milliseconds: float
    verify: bool
    job_sets: Dict[str, str]


class Case(NamedTuple):
    """One row of the table."""

    contender: Candidate
    scene: Callable[[], AbstractContextManager[Environment]]


INTERVALS = (1_000, 10_000, 600_000)
"""Milliseconds between checkpoints. The last value is longer than a run: no checkpoint."""
LARGE = 399
"""Kilobytes: near the maximum size of an item, which is 400 KB including its names."""
SEGMENTS = 4 * (os.cpu_count() or 1)
"""Of the limit, by its processes and threads."""
GROWTH = 4
"""In a part with two sizes, the factor between the numbers of items."""


def cases(part: str, options: Options) -> List[Case]:
    return PARTS[part](options)


def _canned(options: Options) -> List[Case]:
    return _job_in_two_sizes(options, lambda count: Load(items=count))


def _job_in_two_sizes(options: Options, load: Callable[[int], Load]) -> List[Case]:
    """Two sizes, because the work of the JVM's compilers is done once per run."""
    found = []
    for name in options.contenders:
        for larger in _growing(options) if name == "job" else [options]:
            made, whole = contender(name, options), load(_count(name, larger))
            if name == "job":
                made.name += f", {larger.items:,}"
            found.append(Case(made, _scene(whole._replace(tables=options.tables, verify=options.verify))))
    return found


def _latency(options: Options) -> List[Case]:
    return [_case(name, options, Load(milliseconds=options.milliseconds)) for name in options.contenders]


def _incremental(options: Options) -> List[Case]:
    """Each record is of a key of its own."""
    return _job_in_two_sizes(options, lambda count: Load(records=count))


def _memory(options: Options) -> List[Case]:
    found = []
    for larger in _growing(options):
        for name in options.contenders:
            case = _case(name, larger, Load())
            case.contender.name += f", {_count(name, larger):,}"
            found.append(case)
    large = options._replace(items=options.items // LARGE)
    case = _case("job", large, Load(kilobytes=LARGE))
    case.contender.name += f", {large.items:,} of {LARGE} KB"
    return [*found, case]


def _growing(options: Options) -> List[Options]:
    return [
        options._replace(items=options.items * growth, floor_items=options.floor_items * growth)
        for growth in (1, GROWTH)
    ]


def _checkpoints(options: Options) -> List[Case]:
    found = []
    for interval in INTERVALS:
        sets = {**options.job_sets, "checkpoint.interval": str(interval)}
        case = _case("job", options._replace(job_sets=sets), Load())
        case.contender.name += f", checkpoint every {interval / 1000:g} s"
        found.append(case)
    return found


def _real(options: Options) -> List[Case]:
    from bench.real import real  # needs the local stack's servers, which the other parts do not

    # As many as the upper bound's. MiniStack reports 200 bytes per item, so the job's own choice is wrong.
    sets = {"scan.segments": str(SEGMENTS), **options.job_sets}
    found = []
    for larger in _growing(options._replace(job_sets=sets)):
        for name in options.contenders:
            if name != "limit, signed":
                made = signed_limit("limit") if name == "limit" else contender(name, larger)
                made.name += f", {_count(name, larger):,}"
                found.append(Case(made, real(_count(name, larger))))
    return found


def _far(options: Options) -> List[Case]:
    from bench.real import real

    found = []
    for larger in _growing(options):
        for milliseconds in (0.0, options.milliseconds):
            made = contender("job", options)
            made.name += f", {milliseconds:g} ms more, {larger.items:,}"
            found.append(Case(made, real(larger.items, milliseconds)))
    return found


PARTS: Dict[str, Callable[[Options], List[Case]]] = {
    "canned": _canned,
    "real": _real,
    "far": _far,
    "latency": _latency,
    "incremental": _incremental,
    "memory": _memory,
    "checkpoints": _checkpoints,
}


def contender(name: str, options: Options) -> Candidate:
    if name == "job":
        from bench.job import Job  # needs the local stack's Flink cluster

        return Job(sets=options.job_sets)
    return PROGRAMS[name]()


PROGRAMS: Dict[str, Callable[[], Candidate]] = {
    "floor": floor,
    "floor, no validation": floor_without_validation,
    "limit": limit,
    "limit, signed": signed_limit,
}


def _case(name: str, options: Options, load: Load) -> Case:
    whole = load._replace(items=_count(name, options), tables=options.tables, verify=options.verify)
    return Case(contender(name, options), _scene(whole))


def _scene(load: Load) -> Callable[[], AbstractContextManager[Environment]]:
    return lambda: canned(load)


def _count(name: str, options: Options) -> int:
    return min(options.floor_items, options.items) if name.startswith("floor") else options.items
