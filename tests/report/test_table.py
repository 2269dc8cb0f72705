from __future__ import annotations

import csv
import io
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from wavecomp.errors import UsageError
from wavecomp.report.table import Column, Row, Table, escape_latex, render, rich_table

TABLE = Table(
    "A title",
    (Column("Name", left=True), Column("Value (%)", ".2f")),
    (Row(("a_b & 50%", 1 / 3), gap_after=True), Row(("[bold]|pipe", None), muted=True), Row(("n", 12))),
    ("A note.",),
)


def test_text() -> None:
    text = render(TABLE, "text")
    assert text.splitlines()[0] == "A title"
    assert "0.33" in text
    assert "[bold]|pipe" in text
    assert text.endswith("A note.\n")
    assert "12.00" in text


def test_terminal_markup_in_a_cell_is_text() -> None:
    console = Console(file=io.StringIO(), width=100)
    console.print(rich_table(TABLE))
    assert "[bold]|pipe" in console.file.getvalue()  # type: ignore[attr-defined]


def test_markdown() -> None:
    lines = render(TABLE, "markdown").splitlines()
    assert lines[2:4] == ["| Name | Value (%) |", "| :--- | ---: |"]
    assert lines[4] == r"| a\_b & 50% | 0.33 |"
    assert lines[5] == r"| *\[bold\]\|pipe* | *–* |"


def test_latex() -> None:
    text = render(TABLE, "latex")
    assert r"\begin{tabular}{lr}" in text
    assert r"Name & Value (\%) \\" in text
    assert r"a\_b \& 50\% & 0.33 \\" in text
    assert r"\textit{[bold]\textbar{}pipe} & \textit{--} \\" in text
    assert text.count(r"\addlinespace") == 1
    assert text.index(r"\toprule") < text.index(r"\midrule") < text.index(r"\bottomrule")


def test_latex_escapes_every_special_character() -> None:
    assert escape_latex("\\{}~^") == r"\textbackslash{}\{\}\textasciitilde{}\textasciicircum{}"


def test_csv_keeps_every_digit_and_leaves_gaps_empty() -> None:
    back = pd.read_csv(io.StringIO(render(TABLE, "csv")))
    assert back["Value (%)"][0] == 1 / 3
    assert math.isnan(back["Value (%)"][1])
    assert back["Name"].tolist() == ["a_b & 50%", "[bold]|pipe", "n"]


@given(st.lists(st.tuples(st.text("ab,\"\n'|;\\ é", min_size=1), st.floats(allow_nan=False)), min_size=1))
def test_csv_gives_back_what_went_in(rows: list[tuple[str, float]]) -> None:
    table = Table("t", (Column("k", left=True), Column("v")), tuple(Row(row) for row in rows))
    text = io.StringIO(render(table, "csv"), newline="")
    back = list(csv.reader(text))[1:]
    assert [(key, float(value)) for key, value in back] == rows


def test_unknown_format() -> None:
    with pytest.raises(UsageError, match=r'"html".*text, markdown, latex, csv'):
        render(TABLE, "html")  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "csv"])
def test_nothing_in_a_table_is_obeyed_or_breaks_out_of_its_line(form: str) -> None:
    """A name or a message of a plug-in's may hold codes of a terminal, and lines that begin with a command."""
    evil = "a\x1b[31m\n\\\\input{x}\r# b\x9b2J\u202e"
    table = Table(evil, (Column(evil, left=True),), (Row((evil,)),), notes=(evil,))
    shown = render(table, form)  # type: ignore[arg-type]
    assert shown.replace("\n", "").isprintable()
    if form in ("markdown", "latex"):
        assert not any(line.startswith(("\\\\input", "# ")) for line in shown.splitlines())
