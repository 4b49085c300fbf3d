"""How long a shop takes from a new process to its first answer, and the memory that it then holds. Prints JSON."""

from __future__ import annotations

import json
import sys
import time

from tonggan.bench.measuring import resident_megabytes

QUERIES = ("red", "phone case", "连衣裙", "usb cable 2m", "wireless mouse", "led", "drill bit", "面膜")
"""Asked before memory is read, so that what queries need is loaded."""


def main(folder: str) -> None:
    """Open the shop, ask, and print `seconds` and `megabytes`."""
    started = time.perf_counter()
    from tonggan import Shop

    with Shop.open(folder) as shop:
        shop.search(QUERIES[0], facet_by=("category", "brand", "price"))
        seconds = time.perf_counter() - started
        for words in QUERIES:
            shop.search(words, facet_by=("category", "brand", "price"))
        sys.stdout.write(json.dumps({"seconds": round(seconds, 3), "megabytes": resident_megabytes()}))


if __name__ == "__main__":
    main(sys.argv[1])
