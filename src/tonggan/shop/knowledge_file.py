"""What a shop has learnt of its catalogue, on disk: arrays, and a record of what they are of. Losing it loses time."""

from __future__ import annotations

import zlib
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from tonggan.errors import NotReadyError
from tonggan.index import View
from tonggan.index.array_files import FileRecord, read_arrays, read_record, write_arrays, write_record
from tonggan.understand.kept_knowledge import FORMAT, arrays_of, knowledge_of
from tonggan.understand.knowledge import Knowledge

ARRAYS, RECORD = "learnt.arrays", "learnt.json"


@dataclass(frozen=True, slots=True)
class Learnt:
    """Knowledge of a view at `position` that saw `count` products; `fingerprint` is that of its words, if taken."""

    knowledge: Knowledge
    position: int
    count: int
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class KnowledgeFile:
    """The files in one folder; those of another shop, another lexicon or another format are as good as none."""

    folder: Path
    shop_id: str

    def read(self, view: View) -> Learnt | None:
        """Return what was kept, for a view of the same shop or a later one; nothing where it cannot be believed."""
        try:
            record = read_record(self.folder / RECORD)
            if record["origin"] != self._origin() or record["position"] > view.position:
                return None
            FileRecord.parse(record["arrays"]).verify(self.folder / ARRAYS)
            knowledge = knowledge_of(read_arrays(self.folder / ARRAYS), view)
            return Learnt(knowledge, record["position"], record["count"], record["fingerprint"])
        except (NotReadyError, OSError, ValueError, KeyError, TypeError):  # It is learnt anew.
            return None

    def write(self, learnt: Learnt) -> None:
        """Keep what was learnt: whole, or not at all."""
        self.folder.mkdir(exist_ok=True)
        arrays = write_arrays(self.folder / ARRAYS, arrays_of(learnt.knowledge))
        told = {"position": learnt.position, "count": learnt.count, "fingerprint": learnt.fingerprint}
        write_record(self.folder / RECORD, {"origin": self._origin(), "arrays": asdict(arrays)} | told)

    def erase(self) -> None:
        """Remove what was kept, since it holds words and ids of products."""
        for name in (RECORD, ARRAYS):
            for path in (self.folder / name, self.folder / f"{name}.part"):
                path.unlink(missing_ok=True)

    def _origin(self) -> dict[str, Any]:
        return {"format": FORMAT, "shop": self.shop_id, "lexicon": _lexicon_checksum()}


@lru_cache(maxsize=1)
def _lexicon_checksum() -> int:
    return zlib.crc32(files("tonggan.packs").joinpath("default", "lexicon.tsv").read_bytes())
