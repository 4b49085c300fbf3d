"""Products in XML: RSS 2.0 and Atom feeds with `g:` fields, and plain lists of `product` elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces

from tonggan.errors import InputError
from tonggan.feed.decoding import BROKEN_GZIP, Bytes, File
from tonggan.feed.limits import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_DEPTH
from tonggan.feed.refusals import refuse
from tonggan.records import Refusal

ITEM_NAMES = frozenset(("item", "entry", "product", "offer", "shopitem"))
"""Elements that are one product each."""

BLOCK_CHARACTERS = 65_536
"""Text handed to the parser at a time."""


class XmlReader:
    """Rows of an XML feed; nested elements become names with dots, repeated ones several values."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._bytes: Bytes | None = None
        self.encoding = file.encoding

    @property
    def bytes_read(self) -> int:
        return self._bytes.bytes_read if self._bytes else 0

    def rows(self) -> Iterator[tuple[int, Mapping[str, Any]] | Refusal]:
        """Yield the items. Raises InputError for a document type, an entity, or text that is not XML from the start."""
        self._bytes = source = self._file.open_bytes()
        items = _Items()
        parser = _make_parser(items)
        text = source.text(self.encoding)
        count = 0
        try:
            while block := text.read(BLOCK_CHARACTERS):
                failure = self._feed(parser, block.removeprefix("\ufeff"))
                for row in items.take():
                    count += 1
                    yield row
                if failure:
                    yield self._refuse_rest(failure, parser, count)
                    return
            if failure := self._close(parser):
                yield self._refuse_rest(failure, parser, count)
        except BROKEN_GZIP:
            yield self._refuse_rest("the file breaks off: it was cut or damaged", parser, count)
        finally:
            source.close()

    def _feed(self, parser: Any, block: str) -> str:
        """Return why the text cannot be read on, or nothing."""
        from defusedxml import DefusedXmlException

        try:
            parser.feed(block)
        except DefusedXmlException as error:
            message = (
                f"{self._file.path.name} has a document type or entities, which are not read ({type(error).__name__})."
            )
            raise InputError(message, remedy="Remove the <!DOCTYPE ...> and export again.") from error
        except SAXParseException as error:
            return f"{error.getMessage()} on line {error.getLineNumber()}"
        return ""

    def _close(self, parser: Any) -> str:
        try:
            parser.close()
        except SAXParseException as error:
            return f"{error.getMessage()} on line {error.getLineNumber()}"
        return ""

    def _refuse_rest(self, failure: str, parser: Any, count: int) -> Refusal:
        if not count:
            message = f"{self._file.path.name} cannot be read as XML: {failure}."
            raise InputError(message, remedy="Export it again, or send CSV.")
        remedy = "Items before this one were read; correct the document here and import again."
        return refuse(parser.getLineNumber() or 0, "", f"not XML from here on: {failure}", remedy=remedy)


class _Items(ContentHandler):
    """Collects the items of a document as they end."""

    def __init__(self) -> None:
        super().__init__()
        self._done: list[tuple[int, Mapping[str, Any]] | Refusal] = []
        self._row: dict[str, Any] | None = None
        self._path: list[str] = []
        self._texts: list[list[str]] = []
        self._line = 0
        self._characters = 0
        self._depth = 0
        self._fault = ""
        self.parser: Any = None

    def take(self) -> list[tuple[int, Mapping[str, Any]] | Refusal]:
        """Return the items that ended since the last time."""
        done, self._done = self._done, []
        return done

    def startElement(self, name: str, attrs: Any) -> None:  # noqa: N802
        self._depth += 1
        if self._depth > 8 * MAX_DEPTH:
            raise SAXParseException("nested too deep", None, self.parser)
        local = name.rsplit(":", 1)[-1]
        if self._row is None:
            if local.lower() in ITEM_NAMES:
                self._begin_item(attrs)
            return
        self._path.append(local)
        self._texts.append([])
        for key, value in attrs.items():
            self._put(".".join(self._path) if key == "href" else ".".join((*self._path, key)), value)

    def characters(self, content: str) -> None:
        if self._texts:
            self._characters += len(content)
            if self._characters <= MAX_CELL_CHARACTERS:
                self._texts[-1].append(content)
            else:
                self._fault = f"longer than {MAX_CELL_CHARACTERS:,} characters"

    def endElement(self, name: str) -> None:  # noqa: N802
        self._depth -= 1
        if self._row is None:
            return
        if not self._path:
            self._end_item()
            return
        text = "".join(self._texts.pop()).strip()
        if text:
            self._put(".".join(self._path), text)
        self._path.pop()

    def _begin_item(self, attrs: Any) -> None:
        self._row = {f"{key}": value for key, value in attrs.items() if not key.startswith("xmlns")}
        self._line = self.parser.getLineNumber()
        self._characters = 0
        self._fault = ""

    def _end_item(self) -> None:
        row, self._row = self._row, None
        if self._fault or not row:
            reason = self._fault or "an item without content"
            self._done.append(refuse(self._line, "", reason, remedy="Correct this item."))
        else:
            self._done.append((self._line, row))

    def _put(self, name: str, text: str) -> None:
        row = self._row if self._row is not None else {}
        known = row.get(name)
        if known is None:
            row[name] = text
        else:
            row[name] = [*known, text] if isinstance(known, list) else [known, text]
        if len(row) > MAX_COLUMNS or len(self._path) > MAX_DEPTH:
            self._fault = f"more than {MAX_COLUMNS} fields, or more than {MAX_DEPTH} levels"


def _make_parser(items: _Items) -> Any:
    from defusedxml.expatreader import create_parser

    parser = create_parser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setFeature(feature_namespaces, False)
    parser.setContentHandler(items)
    items.parser = parser
    return parser
