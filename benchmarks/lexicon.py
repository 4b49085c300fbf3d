"""What the bilingual lexicon holds, and how much of what shoppers and sellers write in Chinese it covers, as JSON.

`python benchmarks/lexicon.py [--lexicon FILE] [--limit N]`. Queries and titles stand below `TONGGAN_DATA`; they are
only measured on, and no word of the lexicon comes from them. A character is covered where a word of the lexicon holds
it, a word (as rjieba cuts it) where all its characters are.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import rjieba

from tonggan.encode.lexicon import LexiconRow, parse_lexicon
from tonggan.encode.word_units import UnitReader, spoken_key
from tonggan.encode.words import normalize
from tonggan.packs.library import BUNDLED

DATA = Path(os.environ.get("TONGGAN_DATA", Path(__file__).parents[2] / "shared" / "data"))
PAIRS = Path(__file__).parents[1] / "tests" / "evaluate" / "cross_language_pairs.tsv"

LIMIT = 100_000
"""Texts of each source that are read; five seconds."""

MISSED = 30
"""Words that are missed most often and named."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


def main() -> None:
    """Print the measures of one lexicon."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lexicon", type=Path, default=BUNDLED / "lexicon.tsv")
    parser.add_argument("--limit", type=int, default=LIMIT, help="texts of each source")
    options = parser.parse_args()
    rows = parse_lexicon(options.lexicon.read_text(encoding="utf-8"), where=str(options.lexicon))
    texts = {"queries": _queries(), "taobao_titles": _titles()} if (DATA / "zh").is_dir() else {}
    measures = of_rows(rows) | {
        "pairs_that_are_whole_rows": whole_rows(rows),
        "coverage": {name: coverage(rows, list(source)[: options.limit]) for name, source in texts.items()},
    }
    print(json.dumps(measures, ensure_ascii=False, indent=2))


def of_rows(rows: Sequence[LexiconRow]) -> dict[str, Any]:
    """Return rows by kind, words that have two rows, and rows that no text would be looked up under."""
    keys = Counter(row.normalized for row in rows)
    reader = UnitReader(spoken_key(row.written) for row in rows)
    return {
        "rows": len(rows),
        "by_kind": dict(Counter(row.kind for row in rows).most_common()),
        "meanings": sum(len(row.meanings) for row in rows),
        "duplicates": sorted(key for key, count in keys.items() if count > 1),
        "never_found": [row.written for row in rows if len(list(reader.units(row.written))) != 1],
    }


def whole_rows(rows: Sequence[LexiconRow]) -> dict[str, Any]:
    """Return how many test pairs across languages are looked up rather than understood; there must be none."""
    known = {row.normalized for row in rows}
    with PAIRS.open(encoding="utf-8", newline="") as file:
        pairs = list(csv.DictReader(file, delimiter="\t"))
    found = [pair["zh"] for pair in pairs if normalize(pair["zh"]) in known]
    return {"pairs": len(pairs), "share": round(len(found) / len(pairs), 4), "which": found}


def coverage(rows: Sequence[LexiconRow], texts: Sequence[str]) -> dict[str, Any]:
    """Return the shares of Chinese characters, words and texts that the lexicon covers."""
    reader = UnitReader(spoken_key(row.written) for row in rows)
    characters, words, missed = Counter[bool](), Counter[bool](), Counter[str]()
    whole = 0
    for text in texts:
        cut = list(_cut(normalize(text), reader))
        for word, covered in cut:
            characters.update(covered)
            words[all(covered)] += 1
            missed[word] += not all(covered)
        whole += all(all(covered) for _, covered in cut)
    return {
        "texts": len(texts),
        "characters_covered": _share(characters),
        "words_covered": _share(words),
        "texts_wholly_covered": round(whole / max(1, len(texts)), 4),
        "missed_most": dict(missed.most_common(MISSED)),
    }


def _cut(text: str, reader: UnitReader) -> Iterator[tuple[str, list[bool]]]:
    """Chinese words of a normalized text, and which of their characters stand in a word of the lexicon."""
    covered, at = [False] * len(text), 0
    for unit in filter(_HAN.search, reader.units(text)):
        at = text.index(unit, at)
        covered[at : at + len(unit)] = [True] * len(unit)
        at += len(unit)
    for run in _HAN.finditer(text):
        at = run.start()
        for word in rjieba.cut(run.group()):
            yield word, covered[at : at + len(word)]
            at += len(word)


def _share(counts: Counter[bool]) -> float:
    return round(counts[True] / max(1, counts.total()), 4)


def _queries() -> Iterator[str]:
    with gzip.open(DATA / "zh" / "queries.txt.gz", "rt", encoding="utf-8") as lines:
        yield from (line.rstrip("\n") for line in lines)


def _titles() -> Iterator[str]:
    with gzip.open(DATA / "zh" / "taobao_titles.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line)["title"] for line in lines)


if __name__ == "__main__":
    main()
