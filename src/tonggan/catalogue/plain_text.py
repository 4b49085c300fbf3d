"""Text as it is kept: NFC, without markup, control characters or lone surrogates.

Markup is found by expressions that never look at a character twice: on 240 kB of tags that are never closed, the
parser of the standard library took four minutes.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata

HAN_WEIGHT = 3
"""Latin letters that one Han character stands for: a Chinese word has about two characters, an English one five letters
and a space, so a title is Chinese when its Han characters say as much as its Latin letters."""

MOST_LAYERS = 3
"""How often escaped markup is unwrapped: HTML in XML in HTML is met in feeds, a fourth layer never was."""

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]\w{1,30});")
_TAG = re.compile(r"""</?([a-zA-Z][\w:-]*)(?>(?:[^<>"']|"[^"<]*"|'[^'<]*')*)>|</?([a-zA-Z])[^<>]*>""")
_MARKUP = re.compile(f"{_TAG.pattern}|<!--|<[!?][a-zA-Z]|<!\\[CDATA\\[|{_ENTITY.pattern}")
_DROPPED = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u2060\ufeff\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")
_LINE_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\s*\n\s*")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_UNTIDY = re.compile(r"[<&]|^['\s]|\s\s|\s$")
_QUOTED_FORMULA = re.compile(r"'[=+\-@]")
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|noscript|head)\b[^<>]*>.*?(?:</\1\s*>|\Z)|<[!?][a-zA-Z\[][^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_BLOCK_NAMES = """
address article aside blockquote br dd div dl dt figcaption footer h1 h2 h3 h4 h5 h6 header hr li main nav ol
p pre  section table td th tr ul
"""
_BLOCK_TAGS = frozenset(_BLOCK_NAMES.split())


def one_line(text: str) -> str:
    """Return text without markup as one line.

    >>> one_line("  Tom &amp; <b>Jerry</b>\\x00 mug ")
    'Tom & Jerry mug'
    """
    if text.isascii() and text.isprintable() and not _UNTIDY.search(text):
        return text
    return _SPACES.sub(" ", _without_markup(text)).strip()


def paragraphs(text: str) -> str:
    """Return text or HTML as lines, one per block, without script and style.

    >>> paragraphs("<p>Soft.</p><script>alert(1)</script><ul><li>Blue</li></ul>")
    'Soft.\\nBlue'
    """
    return _BLANK_LINES.sub("\n", _LINE_SPACES.sub(" ", _without_markup(text))).strip()


def unescaped(text: str) -> str:
    """Return text with its HTML entities resolved; numbers longer than any character's stay as they are."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def language_of(text: str) -> str:
    """Return `zh` where Han characters say as much as Latin letters, else `en`.

    >>> language_of("iPhone 手机壳"), language_of("Kettle")
    ('zh', 'en')
    """
    han = len(_HAN.findall(text))
    return "zh" if han and han * HAN_WEIGHT >= len(_LATIN.findall(text)) else "en"


def title_key(title: str) -> str:
    """Return a short key that titles share when they hold the same words in any order, case, width or punctuation.

    >>> title_key("Shoe, RED (2-pack)") == title_key("red shoe 2 pack")
    True
    """
    words = sorted(re.findall(r"\w+", unicodedata.normalize("NFKC", title).casefold()))
    return hashlib.blake2b(" ".join(words).encode(), digest_size=8).hexdigest()


def _without_markup(text: str) -> str:
    text = _DROPPED.sub("", text)
    if _QUOTED_FORMULA.match(text):
        text = text[1:]
    for _ in range(MOST_LAYERS):
        if not _MARKUP.search(text):
            break
        text = _DROPPED.sub("", _rendered(text))
    return unicodedata.normalize("NFC", text)


def _rendered(text: str) -> str:
    """Return what a reader of the page would see."""
    seen = _UNSEEN.sub(" ", text.replace("<![CDATA[", "").replace("]]>", ""))
    return unescaped(_TAG.sub(_in_place_of, seen))


def _in_place_of(tag: re.Match[str]) -> str:
    return "\n" if (tag[1] or tag[2]).lower() in _BLOCK_TAGS else ""
