"""The tables of the system of record, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import TEXT

SCHEMA_VERSION = 1
"""Grows when a table changes; a store of another version is refused, never guessed at."""

TABLES = MetaData()

_name = Text().with_variant(TEXT(collation="C"), "postgresql")
"""Text that is compared byte by byte, so that ids come in the same order from every database."""

_sequence = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit number; in SQLite this type makes a key the row's own number."""

settings = Table("settings", TABLES, Column("name", _name, primary_key=True), Column("value", Text, nullable=False))
"""`schema_version`, `shop_id`, and `last_change`: the sequence of the newest change."""

products = Table(
    "products",
    TABLES,
    Column("id", _name, primary_key=True),
    Column("json", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("media_hash", LargeBinary, nullable=False),
    Column("title_key", _name, nullable=False),
    Column("created", _sequence, nullable=False),
    Column("changed", _sequence, nullable=False),
    Index("products_by_title_key", "title_key"),
)
"""`hash` is blind to media checksums, which `media_hash` covers; `created` and `changed` are change sequences."""

codes = Table(
    "codes",
    TABLES,
    Column("code", _name, primary_key=True),
    Column("kind", _name, primary_key=True),
    Column("product_id", _name, primary_key=True),
    Index("codes_by_product", "product_id"),
    sqlite_with_rowid=False,
)
"""What products are found by: sku, gtin and mpn, also of variants, variant ids (`variant`), checksums (`media`)."""

changes = Table(
    "changes",
    TABLES,
    Column("sequence", _sequence, primary_key=True, autoincrement=False),
    Column("product_id", _name, nullable=False),
    Column("is_deletion", Integer, nullable=False),
)

vectors = Table(
    "vectors",
    TABLES,
    Column("fingerprint", _name, primary_key=True),
    Column("key", _name, primary_key=True),
    Column("shape", Text, nullable=False),
    Column("numbers", LargeBinary, nullable=False),
)
"""float32, little endian, row by row; `shape` is `rows x dim`, or `dim` for a single row."""

keys = Table(
    "keys",
    TABLES,
    Column("id", _name, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text, nullable=False),
)

imports = Table(
    "imports",
    TABLES,
    Column("id", _sequence, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

revisions = Table(
    "revisions",
    TABLES,
    Column("kind", _name, primary_key=True),
    Column("number", _sequence, primary_key=True, autoincrement=False),
    Column("json", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("note", Text, nullable=False),
)
"""Published documents by kind, counted from 1; number 0 is the draft. A store made before this table gets it at the
first write of one, and until then reads as having none."""
