"""What does damage do to a compressed wavefield? Every usable compressor, a thousand damaged streams and more, twice.

Once what the library itself wrote is damaged: cut, one to eight bits flipped, overwritten with random bytes, or
replaced by another stream's. Once the stream as it is stored is, with the frame of wavecomp around it. Each is decoded
in a process of its own that is replaced when it dies. It takes some minutes; what an earlier run has counted with the
same code and libraries stays, so a run that was broken off goes on::

    python suites/damage.py --out results/published/damage/damage.json

Ends with status 1 where a stored stream was decoded although it was damaged.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from saving import Saved

from wavecomp.compressors import Registry, default_registry
from wavecomp.conformance.damage_count import count_damage
from wavecomp.conformance.samples import content
from wavecomp.conformance.subject import NotThere
from wavecomp.errors import WavecompError
from wavecomp.records.own_code import own_code
from wavecomp.records.provenance import collect_provenance
from wavecomp.spec_text import SpecText

SIDE = 24
STREAMS = 1000
COLUMNS = (
    ("detected", ("detected", "other_error")),
    ("silently wrong", ("wrong",)),
    ("harmless", ("harmless",)),
    ("written outside", ("outside",)),
    ("killed", ("killed", "memory")),
    ("hung", ("hung",)),
)
_SEEN = ("detected", "other_error")


def specs_of(registry: Registry) -> Iterator[str]:
    """Every example of everything that can be used here."""
    missing = registry.unavailable()
    for definition in registry.definitions():
        if definition.name not in missing:
            yield from (registry.canonical(example) for example in definition.examples)


def counted(spec: str, registry: Registry, streams: int) -> dict[str, Any]:
    """Count one compressor's streams, both ways."""
    field = content("wave", (SIDE, SIDE, SIDE), "float32")
    return {
        "library": registry.library(SpecText.parse(spec).names),
        "streams": streams,
        **{
            name: count_damage(spec, field, streams, framed=framed).by_kind
            for name, framed in (("native", False), ("framed", True))
        },
    }


def total(kinds: dict[str, dict[str, int]], names: tuple[str, ...]) -> int:
    return sum(counts[name] for counts in kinds.values() for name in names)


def page(content: dict[str, Any]) -> str:
    """Return the table, in Markdown."""
    heads = [head for head, _ in COLUMNS]
    lines = [
        "# What damage does",
        "",
        f"A smooth wave of {SIDE}³ float32 values, {content['streams']} damaged streams of each compressor: a quarter "
        "each is cut, has one to eight bits flipped, is overwritten with random bytes, is replaced by another one. "
        "First what comes of it where the library's own bytes are damaged, without our frame; in the last column, how "
        "many are detected of streams as wavecomp stores them. Written by `suites/damage.py`.",
        "",
        f"| compressor | {' | '.join(heads)} | stored: detected |",
        f"| :--- | {' | '.join('---:' for _ in heads)} | ---: |",
    ]
    for spec, one in content["damage"].items():
        native = [str(total(one["native"], names) or "–") for _, names in COLUMNS]
        seen = total(one["framed"], _SEEN)
        lines.append(f"| `{spec}` | {' | '.join(native)} | {seen} of {one['streams']} |")
    return "\n".join(lines) + "\n"


def earlier(path: Path, code: str, streams: int, registry: Registry) -> dict[str, Any]:
    """Return what was counted before by this code, with these libraries, so many times."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if found.get("code") != code:
        return {}
    specs = set(specs_of(registry))

    def holds(spec: str, one: dict[str, Any]) -> bool:
        same = spec in specs and one["streams"] == streams
        return same and one["library"] == registry.library(SpecText.parse(spec).names)

    return {spec: one for spec, one in found["damage"].items() if holds(spec, one)}


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("specs", nargs="*", help="compressors; all examples of all that are usable by default")
    parser.add_argument("--out", type=Path, default=Path("results/published/damage/damage.json"))
    parser.add_argument("--streams", type=int, default=STREAMS, help="damaged streams of each compressor, each way")
    asked = parser.parse_args(words)
    if asked.streams < 1:
        parser.error(f"--streams {asked.streams}: give at least 1")
    try:
        return run(asked.out, asked.specs, asked.streams)
    except WavecompError as error:
        print(f"damage: {error}", file=sys.stderr)
        return error.exit_status


def run(out: Path, asked: list[str], streams: int) -> int:
    registry, code = default_registry(), own_code("compressors", "conformance")
    specs = [registry.canonical(spec) for spec in asked] or list(specs_of(registry))
    saved = Saved(out, "damage", {".md": page})
    found = earlier(out, code, streams, registry)
    provenance = json.loads(collect_provenance(code=code).to_json())
    missed = 0
    failed = False
    for spec in specs:
        if spec not in found:
            try:
                found[spec] = counted(spec, registry, streams)
            except NotThere as error:  # a plug-in's fault is its own
                print(f"damage: {error}", file=sys.stderr)
                failed = True
                continue
            order = {name: found[name] for name in (*specs, *found) if name in found}
            saved.write({"provenance": provenance, "code": code, "streams": streams, "damage": order})
        seen = total(found[spec]["framed"], _SEEN)
        missed += streams - seen
        wrong, killed = (total(found[spec]["native"], names) for names in (("wrong",), ("killed", "memory", "hung")))
        print(f"{spec}: native {wrong} silently wrong, {killed} killed or hung; stored, {seen} of {streams} detected")
    if missed:
        print(f"damage: {missed} damaged streams were not detected in spite of the frame", file=sys.stderr)
    return 1 if missed or failed else 0


if __name__ == "__main__":
    sys.exit(main())
