"""What was understood of a query, told to people: a line each."""

from __future__ import annotations

from collections.abc import Iterator

from tonggan.cli.opening import Record
from tonggan.cli.screen import printable


def told(answer: Record, *, is_explained: bool) -> Iterator[str]:
    """Yield what was read into the words and how to undo it, what was loosened, and what stays open."""
    understood = answer["understood"] or {"interpretations": [], "steps": []}
    for each in understood["interpretations"]:
        yield f"{printable(each['text'].strip())}: {printable(_effect(each))} (--undo {printable(each['key'])})"
    if answer["relaxed"]:
        yield f"Too few results; loosened: {printable(', '.join(answer['relaxed']))}."
    if len(answer["readings"]) > 1:
        shown = (f"{reading['label']} ({reading['kind']}, {reading['share']:.0%})" for reading in answer["readings"])
        yield f"May mean: {printable(' or '.join(shown))}."
    if answer["is_doubtful"]:
        yield "Probably nothing here is what was meant."
    if answer["redirect"]:
        yield f"A rule leads to {printable(answer['redirect'])}."
    if answer["rules"]:
        yield f"Rules: {printable(', '.join(answer['rules']))}."
    if is_explained:
        yield from (f"  {step['name']}: {printable(step['found'])}" for step in understood["steps"])


def _effect(each: Record) -> str:
    if "replacement" in each:
        return f"searched for as '{each['replacement']}'"
    if "filter" in each:
        return f"only {each['filter']}"
    if "prefer" in each:
        return f"{each['prefer']} first"
    return each.get("note", "")
