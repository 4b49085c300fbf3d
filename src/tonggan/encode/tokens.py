"""Texts to the token numbers that a model was trained on; every difference between models is a field of `TextRules`."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from tonggan.errors import InputError, MissingExtraError, NotReadyError, unknown_name
from tonggan.packs.folder import PartFiles
from tonggan.packs.manifest import REMEDY

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PADDING = ("longest", "maximum")
"""To the longest text of a batch; or always to the maximum, as SigLIP was trained."""

SIDES = ("right", "left")

CHARACTERS_PER_TOKEN = 64
"""Text beyond this many characters per token that the model takes is cut before it is looked at; words have 5."""

_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_NO_PUNCTUATION: Final = str.maketrans("_", " ", string.punctuation.replace("_", ""))


@dataclass(frozen=True, slots=True)
class TextRules:
    """How texts are made ready; keys of the parameters of a text part, beside its `tokenizer` file.

    `maximum_tokens` counts special tokens, `pad_token` is a token's number, `drop_punctuation` makes ASCII punctuation
    nothing and underscores spaces (SigLIP's canonical text), and the prefixes go before each query and document.
    """

    maximum_tokens: int
    maximum_characters: int = 0
    padding: str = "longest"
    padding_side: str = "right"
    pad_token: int = 0
    special_tokens: bool = True
    lower_case: bool = False
    drop_punctuation: bool = False
    single_spaces: bool = False
    query_prefix: str = ""
    document_prefix: str = ""

    def __post_init__(self) -> None:
        for name, known in (("padding", PADDING), ("padding_side", SIDES)):
            if getattr(self, name) not in known:
                raise InputError(unknown_name(name, str(getattr(self, name)), known))
        if self.maximum_tokens < 1:
            raise InputError(f"maximum_tokens = {self.maximum_tokens!r} is not positive.")

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Return the rules that a part's parameters describe; InputError for what cannot be some."""
        known = {item.name for item in fields(cls)}
        try:
            return cls(**{key: value for key, value in parameters.items() if key in known})
        except TypeError as error:
            raise InputError(f"The part's parameters do not say how texts become tokens: {error}.") from error

    def cleaned(self, text: str) -> str:
        """Return the text as the tokenizer takes it; any string will do."""
        text = text[: self.maximum_characters or CHARACTERS_PER_TOKEN * self.maximum_tokens]
        if _SURROGATES.search(text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        text = text.lower() if self.lower_case else text
        text = text.translate(_NO_PUNCTUATION) if self.drop_punctuation else text
        return " ".join(text.split()) if self.single_spaces else text


class Tokens:
    """The tokenizer of a part with its rules; any number of threads may use it at once."""

    def __init__(self, tokenizer: Tokenizer, rules: TextRules) -> None:
        tokenizer.no_padding()
        tokenizer.enable_truncation(rules.maximum_tokens)
        self.rules = rules
        self._tokenizer = tokenizer

    @classmethod
    def open(cls, files: PartFiles, *, role: str = "tokenizer") -> Self:
        """Return the tokenizer in the files of a part; NotReadyError, with file and reason, where it is none."""
        content = files.content(role)
        try:
            tokenizer = tokenizers().Tokenizer.from_buffer(content)
        except ValueError as error:
            raise NotReadyError(f"{files.path(role)} is not a tokenizer: {error}.", remedy=REMEDY) from error
        return cls(tokenizer, TextRules.of(files.part.parameters))

    @property
    def count(self) -> int:
        """Return how many tokens there are; each has a number below."""
        return 1 + max(self._tokenizer.get_vocab().values(), default=-1)

    def of(self, text: str, *, prefix: str = "") -> list[int]:
        """Return the numbers of a text's tokens, at most `maximum_tokens`; none where it says nothing."""
        text = self.rules.cleaned(text)
        if not text.strip():
            return []
        encoding = self._tokenizer.encode(prefix + text, add_special_tokens=self.rules.special_tokens)
        return [] if all(encoding.special_tokens_mask) else encoding.ids

    def padded(self, tokens: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
        """Return numbers and mask, int64 [texts, length]; the mask is 1 where a token stands, 0 where padding does."""
        is_longest = self.rules.padding == "longest"
        length = max(map(len, tokens)) if is_longest else self.rules.maximum_tokens
        numbers = np.full((len(tokens), length), self.rules.pad_token, np.int64)
        mask = np.zeros_like(numbers)
        for row, given in enumerate(tokens):
            place = slice(0, len(given)) if self.rules.padding_side == "right" else slice(length - len(given), length)
            numbers[row, place], mask[row, place] = given, 1
        return numbers, mask


def tokenizers() -> Any:
    """Return the library that reads published tokenizers; MissingExtraError where it is not installed."""
    try:
        import tokenizers
    except ImportError as error:
        raise MissingExtraError(
            "Published models need the library tokenizers.", remedy="Run `pip install 'tonggan[packs]'`."
        ) from error
    return tokenizers
