"""What the campaigns of ``gate_power.py`` came to, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

CAUGHT, OF = 19, 20

_SHOWS_IN = {
    "10 % slower": "compress",
    "20 % slower": "compress",
    "a first call 2 x slower": "first compress call",
    "peak memory 10 % larger": "compress peak memory",
}
"""How the quantities begin in which a doctor's work shows."""


def page(content: Mapping[str, Any]) -> str:
    """Return the page."""
    campaigns, place = content["campaigns"], content["provenance"]
    lines = [
        "# What the gate catches, and how often it cries wolf",
        "",
        f"Measured by `python suites/gate_power.py` on {place['cores']} cores of {place['cpu']}; every run is in the "
        "JSON beside this page.",
        "",
        "## Caught",
        "",
        "| doctored | how it was judged | caught | asked |",
        "| :--- | :--- | ---: | ---: |",
        *(f"| {what} | {how} | {good} of {of} | {CAUGHT} of {OF} |" for what, how, good, of in caught(campaigns)),
        "",
        "## Silent",
        "",
        "| equal runs | called worse | undecided | asked |",
        "| :--- | ---: | ---: | ---: |",
        *silent(campaigns),
        "",
        *(line for remark in content.get("remarks", ()) for line in (remark, "")),
    ]
    for heading, part in (("Smallest slowdown", found(campaigns)), ("Times across runs", calibrated(campaigns))):
        if rows := list(part):
            lines += [f"## {heading}", "", *rows, ""]
    return "\n".join(lines)


def caught(campaigns: Mapping[str, Sequence[Row]]) -> Iterator[tuple[str, str, int, int]]:
    """Yield what was doctored, how that was judged, how often it was caught, and how often it was tried."""
    doctored = campaigns.get("doctored", ())
    names = [name for name in (doctored[0] if doctored else ()) if name != "equal"]
    for name in names:
        yield name, "archives, exactly", sum(row[name]["status"] == 1 for row in doctored), len(doctored)
    for campaign, where in (("slower", "idle"), ("slower-loaded", "beside a busy core")):
        rows = campaigns.get(campaign, ())
        for name in rows[0] if rows else ():
            good = sum(_saw(row[name], _SHOWS_IN[name]) for row in rows)
            yield name, f"side by side, {where}", good, len(rows)


def _saw(row: Row, quantity: str) -> bool:
    return any(case.startswith("patient") and what.startswith(quantity) for case, what, *_ in row["worse"])


def silent(campaigns: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Yield the rows of equal runs, and of the values of doctored ones that nobody had doctored."""
    about = {
        "equal": "the pinned baseline measured anew, exactly",
        "times": "times side by side, idle",
        "times-loaded": "times side by side, beside a busy core",
    }
    for campaign, what in about.items():
        if rows := campaigns.get(campaign, ()):
            worse = sum(bool(row["worse"]) for row in rows)
            asked = "0" if campaign == "equal" else "1 of 100"
            yield f"| {what} | {worse} of {len(rows)} | {sum(bool(row['undecided']) for row in rows)} | {asked} |"
    if rows := campaigns.get("doctored", ()):
        worse = sum(bool(row["equal"]["worse"]) for row in rows)
        yield f"| the patient undoctored, exactly | {worse} of {len(rows)} | 0 | 0 |"


def found(campaigns: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Yield what slowdown of a case is found with 95 % probability in five and in twenty minutes."""
    for row in campaigns.get("rounds", ()):
        minutes = list(row["smallest"])
        yield (
            f"The suite `race` ({row['cases']} cases on {row['field']}, the memory copy among them) against itself, "
            f"{row['rounds']} rounds of {row['seconds'] / (row['rounds'] + 1):.1f} s; runs of five and of twenty "
            "minutes drawn from these rounds. The smallest slowdown that is found with 95 % probability:"
        )
        yield ""
        yield "| quantity | " + " | ".join(f"{one} min: median case | worst case" for one in minutes) + " |"
        yield "| :--- |" + " ---: | ---: |" * len(minutes)
        for quantity in row["smallest"][minutes[0]]:
            cells = [" | ".join(map(_percent, row["smallest"][one][quantity])) for one in minutes]
            yield f"| {quantity} | " + " | ".join(cells) + " |"
        yield ""
        yield "![Probability that a slowdown is found against its size](power.png)"
        yield ""
        yield (
            "*Thin: one case, by the processor time of compression or decompression; thick: their median. That 5 µs of "
            "a call are no change is left out of account: it hides slowdowns of calls below 0.1 ms.*"
        )


def _percent(share: float | None) -> str:
    return "not found" if share is None else f"{share:.1%}".replace("%", " %")


def calibrated(campaigns: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """Yield what single runs against ten baselines tell of times."""
    for row in campaigns.get("calibrated", ()):
        yield (
            f"{row['sweeps']} equal sweeps of the suite `race` on {row['field']}; ten drawn for baselines, "
            "one or three more for new runs, a hundred times, for `wavecomp gate BASELINES NEW --times`; then "
            "compression with ZFP slowed by so much:"
        )
        yield ""
        slowdowns = list(row["drawn"][0]["caught"])
        yield "| new runs | false alarms | " + " | ".join(f"{float(one):.0%} slower" for one in slowdowns) + " |"
        yield "| ---: | ---: |" + " ---: |" * len(slowdowns)
        for one in row["drawn"]:
            cells = [f"{one['caught'][name]} of {one['draws']}" for name in slowdowns]
            yield f"| {one['new']} | {one['false_alarms']} of {one['draws']} | " + " | ".join(cells) + " |"


def shortfalls(content: Mapping[str, Any]) -> list[str]:
    """Return what was asked for and not reached."""
    campaigns = content["campaigns"]
    short = [f"{what} ({how}): {good} of {of}" for what, how, good, of in caught(campaigns) if good * OF < of * CAUGHT]
    for campaign, share in (("equal", 0.0), ("times", 0.01), ("times-loaded", 0.01)):
        rows = campaigns.get(campaign, ())
        worse = sum(bool(row["worse"]) for row in rows)
        if worse > share * len(rows):
            short.append(f"{campaign}: {worse} of {len(rows)} equal runs called worse")
    return short
