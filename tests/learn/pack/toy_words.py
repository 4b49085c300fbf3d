"""A toy lexicon, tiny WordNet files, a shop, and a teacher whose rows are sums of fixed rows of words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tonggan.encode.rows import unit_rows
from tonggan.records import Vectors

LEXICON = "\n".join(
    [
        "zh\ten\tkind",
        "耳机\theadphones|earphones\tproduct",
        "蓝牙\tbluetooth\tfeature",
        "红色\tred\tcolour",
        "蓝色\tblue\tcolour",
        "鞋子\tshoes\tproduct",
        "充电宝\tpower bank|portable charger\tproduct",
        "T恤\tt-shirt|tee\tproduct",
        "女士\twomen\taudience",
        "夜宵\tlate night snack food eaten\tproduct",
        "無線\twireless\tregional",
        "bluethoot\tbluetooth\tmisspelling",
        "",
    ]
)

SYNSETS = {
    "data.noun": [
        "  1 This software and database is being provided to you",
        '00001740 06 n 02 headphones 0 ear_phone 0 000 | a device worn on the ears to hear music; "red headphones"',
        "00001741 13 n 01 shoes 0 000 | red or blue footwear",
        "00001742 18 n 01 shopkeeper 0 000 | a person who sells red shoes",
    ],
    "data.adj": ["00002000 00 a 01 wireless(a) 0 000 | without a wire, by bluetooth"],
    "data.verb": ["00003000 29 v 01 charge 0 000 01 + 08 00 | fill a power bank with electricity"],
}


def write_wordnet(folder: Path) -> Path:
    """Write three files in the format of WordNet's database."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in SYNSETS.items():
        (folder / name).write_text("\n".join([*lines, ""]), encoding="latin-1")
    return folder


def write_shop(folder: Path, *, pictures: Sequence[str] = ()) -> Path:
    """Write one shop of a few products, with pictures where they are named."""
    records = [
        {"name": "Red shoes", "description": "Shoes for women, in red\u2028and light"},
        {"title": "Blue wireless headphones", "description_en": "Bluetooth", "type": "audio"},
        {"description": "no title"},
        {"Name": "Power bank", "Description": ""},
    ]
    for record, picture in zip(records, pictures, strict=False):
        record["image"] = picture
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    (folder / "products.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder


def teach(texts: Sequence[str], *, batch: int = 128) -> Vectors:
    """A row of 384 numbers for each text, of norm 1: the sum of those of its words."""
    return unit_rows(np.stack([sum((_row(word) for word in text.lower().split()), np.zeros(384)) for text in texts]))


def pieces() -> list[str]:
    """The vocabulary of the toy teacher."""
    return ["[PAD]", "red", "blue", "head", "##phones", "!", "bluetooth", "2", "phone"]


def _row(word: str) -> np.ndarray:
    seed = int.from_bytes(hashlib.sha256(word.strip(".,;").encode("utf-8")).digest()[:4], "big")
    return np.random.default_rng(seed).standard_normal(384)
