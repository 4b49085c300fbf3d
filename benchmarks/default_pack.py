"""What the default pack finds, claim by claim, beside chance and the pack that a shop fits on itself, as JSON.

`TONGGAN_DATA=FOLDER python -m benchmarks.default_pack [--seed N] [--limit N] [--only CLAIM ...] [--packs NAME ...]`.
Every figure comes from a shop that imported a feed and was asked as `tonggan evaluate` asks: means over queries with
their 95 % bootstrap interval, and gains query by query. Each section names its formula and how many queries it has.
`--limit` cuts queries and products for a first look; such figures mean nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.pack_claims import across, pictures, texts
from benchmarks.pack_claims.trial import Scope, tell

from tonggan.packs.library import DEFAULT, PackLibrary
from tonggan.shop.packs import CATALOGUE

CLAIMS: Mapping[str, Callable[[Scope], dict[str, Any]]] = {
    "english, icecat": texts.icecat,
    "english, home depot": texts.home_depot,
    "across languages, chinese to english": texts.chinese_to_english,
    "across languages, english to chinese": texts.english_to_chinese,
    "picture to picture, grocery": pictures.grocery,
    "picture to picture, clothing of other senders, held out": pictures.clothing,
    "picture to picture, clothing of other senders, whole set": pictures.clothing_whole,
    "picture to picture, flipkart": pictures.flipkart,
    "words to picture, grocery": across.grocery_words,
    "words to picture, class names": across.chinese_words,
    "words to picture, luma": across.luma,
    "words to picture, one shop left out": across.left_out,
}


def main() -> None:
    options = _options()
    scope = Scope(options.packs, seed=options.seed, limit=options.limit)
    chosen = [name for name in CLAIMS if not options.only or any(part in name for part in options.only)]
    library = PackLibrary.of_user()
    report: dict[str, Any] = {
        "seed": scope.seed,
        "limit": scope.limit,
        "packs": {name: library.find(name).fingerprint for name in scope.packs if name != CATALOGUE},
        "claims": {},
    }
    for name in chosen:
        tell(name)
        report["claims"][name] = CLAIMS[name](scope)
        if options.out:
            options.out.write_text(json.dumps(report, indent=2, ensure_ascii=False), encoding="utf-8")
    print(json.dumps(report, indent=2, ensure_ascii=False))
    leaks = {pair for told in report["claims"].values() for pair in told.get(texts.LEAKS, ())}
    if leaks:
        sys.exit(f"Pairs of the cross-language test stand in the lexicon as whole rows: {', '.join(sorted(leaks))}.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the draws of queries, fillers and splits")
    parser.add_argument("--limit", type=int, default=None, help="at most so many queries, and so many other products")
    parser.add_argument("--only", nargs="+", default=(), metavar="CLAIM", help="claims whose name has one of these")
    parser.add_argument("--packs", nargs="+", default=(CATALOGUE, DEFAULT), metavar="NAME")
    parser.add_argument("--out", type=Path, default=None, help="also written here, after every claim")
    return parser.parse_args()


if __name__ == "__main__":
    main()
