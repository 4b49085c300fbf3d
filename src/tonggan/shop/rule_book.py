"""The merchant's rules and synonyms: those that are live, ready to be asked, and the desk where they are changed."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from tonggan.catalogue.revisions import KINDS, Revision, Revisions
from tonggan.catalogue.store import SqlStore
from tonggan.errors import ConflictError, InputError, NotFoundError, unknown_name
from tonggan.rank.rules import Rule
from tonggan.rank.rules.conflicts import Conflict, conflicts
from tonggan.rank.rules.matching import RuleIndex
from tonggan.rank.rules.reading import rules_as_json, rules_from_json
from tonggan.rank.rules.synonyms import Synonym, SynonymIndex, synonyms_as_json, synonyms_from_json
from tonggan.rank.rules.typesense import rules_as_typesense, rules_from_typesense

if TYPE_CHECKING:
    from tonggan.shop import Shop

FRESH_SECONDS = 1.0
"""How long what is live is believed without asking the store, where nothing was published in this process: asking
takes .2 ms, and another process's publication may take a moment to be seen."""

TOLD_CONFLICTS = 3
"""Conflicts that a refusal spells out; the check lists all."""

TOLD_NAMES = 20
"""Ids that an error lists; a shop may have thousands."""

FORMS = ("tonggan", "typesense")
"""The forms of JSON in which rules come and go; synonyms have one form for both."""

Which: TypeAlias = Literal["published", "draft", "none"]
Record: TypeAlias = dict[str, Any]
_Index = TypeVar("_Index")


class RuleBook:
    """The rules and synonyms of one shop, as they are live; any number of threads may ask it."""

    def __init__(self, store: SqlStore) -> None:
        revisions = Revisions(store)
        self._rules = _Live(revisions, "rules", lambda document: RuleIndex(rules_from_json(document)))
        self._synonyms = _Live(revisions, "synonyms", lambda document: SynonymIndex(synonyms_from_json(document)))

    def rules(self, which: Which = "published") -> RuleIndex:
        """Return the published rules, those of the draft, which are read anew each time, or none."""
        return self._rules.get(which)

    def synonyms(self, which: Which = "published") -> SynonymIndex:
        """Return the published synonyms, those of the draft, or none."""
        return self._synonyms.get(which)


class Desk(ABC):
    """Where the rules or synonyms of a shop are changed, wherever it runs; everything as JSON."""

    kind: str

    @abstractmethod
    def draft(self) -> Record:
        """Return what would be published: the draft, or what is live where nothing was changed."""

    @abstractmethod
    def save(self, document: Any, *, form: str = "") -> Record:
        """Keep a document, in any form, as the draft; conflicts are told and do not stop it."""

    @abstractmethod
    def discard(self) -> Record:
        """Forget the draft: what is live stands again."""

    @abstractmethod
    def publish(self, *, note: str = "", is_forced: bool = False) -> Record:
        """Make the draft live. ConflictError where its rules are in conflict, unless forced with a note that says why.

        Raises ConflictError too where there is no draft.
        """

    @abstractmethod
    def history(self) -> Record:
        """Return what was published, the latest first."""

    @abstractmethod
    def roll_back(self, number: int, *, note: str = "") -> Record:
        """Make an earlier revision live again, as a new one."""

    @abstractmethod
    def export(self, *, form: str = "tonggan", which: str = "published", number: int = 0) -> Record:
        """Return what is live, the draft, or a revision by its number; NotFoundError where there is none."""

    def add(self, record: Any, *, form: str = "") -> Record:
        """Put one rule or synonym into the draft, in place of the one with its id; `is_new` tells which."""
        (added,) = _as_json(self.kind, _read(self.kind, [record], form=form))[self.kind]
        records = {each["id"]: each for each in self.draft()[self.kind]}
        is_new = added["id"] not in records
        return {**self.save({self.kind: [*(records | {added["id"]: added}).values()]}), "is_new": is_new}

    def remove(self, name: str) -> Record:
        """Take one rule or synonym out of the draft; NotFoundError where there is none."""
        records = self.draft()[self.kind]
        self.show(name)
        return self.save({self.kind: [each for each in records if each["id"] != name]})

    def show(self, name: str) -> Record:
        """Return one rule or synonym of the draft; NotFoundError where there is none."""
        records = {each["id"]: each for each in self.draft()[self.kind]}
        if name not in records:
            known = list(records)[:TOLD_NAMES]
            raise NotFoundError(unknown_name(self.kind.removesuffix("s"), name[:80], known), remedy="List them.")
        return records[name]


class RuleDesk(Desk):
    """The desk of a shop in this process.

    `known_fields` tells what results can be filtered and sorted by; without it no rule is checked against the fields.
    """

    def __init__(
        self, store: SqlStore, kind: str, *, known_fields: Callable[[], Collection[str]] | None = None
    ) -> None:
        if kind not in KINDS:
            raise InputError(unknown_name("kind of document", kind, KINDS))
        self.kind = kind
        self._store = store
        self._revisions = Revisions(store)
        self._known_fields = known_fields

    def draft(self) -> Record:
        draft = self._revisions.draft(self.kind)
        live = self._revisions.latest(self.kind)
        return self._shown(draft or live, is_changed=draft is not None, published=live.number if live else 0)

    def save(self, document: Any, *, form: str = "") -> Record:
        kept = _as_json(self.kind, _read(self.kind, document, form=form))
        self._revisions.save_draft(self.kind, kept)
        return self.draft()

    def discard(self) -> Record:
        self._revisions.discard_draft(self.kind)
        return self.draft()

    def publish(self, *, note: str = "", is_forced: bool = False) -> Record:
        draft = self._revisions.draft(self.kind)
        if draft is None:
            raise ConflictError(
                f"There is nothing to publish: no {self.kind} were changed.", remedy="Change the draft first."
            )
        found = self._conflicts(_read(self.kind, draft.document, form=FORMS[0]))
        if found and not is_forced:
            raise ConflictError(_refusal(self.kind, found), remedy="Mend them, or publish by force with a note.")
        if found and not note.strip():
            raise InputError("A publication by force needs a note.", remedy="Say why the conflicts may stand.")
        published = self._revisions.publish(self.kind, draft.document, note.strip())
        return {**_told(published), "conflicts": [asdict(conflict) for conflict in found]}

    def history(self) -> Record:
        return {
            "kind": self.kind,
            "revisions": [_told(each) for each in self._revisions.history(self.kind)],
        }

    def roll_back(self, number: int, *, note: str = "") -> Record:
        return _told(self._revisions.roll_back(self.kind, number, note.strip()))

    def export(self, *, form: str = "tonggan", which: str = "published", number: int = 0) -> Record:
        if form not in FORMS:
            raise InputError(unknown_name("form", form, FORMS))
        if which not in ("published", "draft"):
            raise InputError(unknown_name("choice", which, ("published", "draft")))
        if number:
            document = self._revisions.get(self.kind, number).document
        elif which == "draft":
            document = {self.kind: self.draft()[self.kind]}
        else:
            live = self._revisions.latest(self.kind)
            document = live.document if live else {self.kind: []}
        read = _read(self.kind, document, form=FORMS[0])
        return rules_as_typesense(read) if form == "typesense" and self.kind == "rules" else _as_json(self.kind, read)

    def _shown(self, revision: Revision | None, *, is_changed: bool, published: int) -> Record:
        read = _read(self.kind, revision.document, form=FORMS[0]) if revision else []
        return {
            "kind": self.kind,
            "published": published,
            "is_changed": is_changed,
            **_as_json(self.kind, read),
            "conflicts": [asdict(conflict) for conflict in self._conflicts(read)],
        }

    def _conflicts(self, read: Sequence[Rule | Synonym]) -> list[Conflict]:
        rules = [each for each in read if isinstance(each, Rule)]
        fields = self._known_fields() if self._known_fields and rules else None
        return conflicts(rules, known_products=self._known_products, known_fields=fields or None)

    def _known_products(self, ids: Sequence[str]) -> set[str]:
        return {product.id for product in self._store.get(ids)}


def desk_of(shop: Shop, kind: str) -> RuleDesk:
    """Return the desk of a shop, which checks rules against the fields of its index."""

    def known_fields() -> Collection[str]:
        view = shop.projection.standing.index.view()
        return {*view.text_fields, *view.number_fields} if view.count else ()

    return RuleDesk(shop.store, kind, known_fields=known_fields)


class _Live(Generic[_Index]):
    """What is live of one kind, read once for each revision."""

    def __init__(self, revisions: Revisions, kind: str, read: Callable[[Any], _Index]) -> None:
        self._revisions = revisions
        self._kind = kind
        self._read = read
        self._nothing = read({kind: []})
        self._kept: tuple[int, _Index] = (0, self._nothing)
        self._asked: tuple[int, float] = (-1, 0.0)

    def get(self, which: Which) -> _Index:
        if which == "none":
            return self._nothing
        draft = self._revisions.draft(self._kind) if which == "draft" else None
        return self._read(draft.document) if draft is not None else self._published()

    def _published(self) -> _Index:
        publications, asked_at = self._asked
        now = time.monotonic()
        if publications == Revisions.published_here and now - asked_at < FRESH_SECONDS:
            return self._kept[1]
        asked = (Revisions.published_here, now)
        number = self._revisions.latest_number(self._kind)
        if number != self._kept[0]:
            document = self._revisions.get(self._kind, number).document if number else None
            self._kept = (number, self._read(document) if document is not None else self._nothing)
        self._asked = asked
        return self._kept[1]


def _read(kind: str, document: Any, *, form: str) -> list[Any]:
    if form and form not in FORMS:
        raise InputError(unknown_name("form", form, FORMS))
    if kind == "synonyms":
        return synonyms_from_json(document)
    is_theirs = form == "typesense" or (not form and _is_typesense(document))
    return rules_from_typesense(document) if is_theirs else rules_from_json(document)


def _as_json(kind: str, read: Sequence[Any]) -> Record:
    return rules_as_json(read) if kind == "rules" else synonyms_as_json(read)


def _is_typesense(document: Any) -> bool:
    """Tell Typesense's form by its wrapper, or by what its overrides alone have."""
    if isinstance(document, dict):
        return "rules" not in document and bool({"overrides", "items"} & document.keys())
    first = document[0] if isinstance(document, list | tuple) and document else None
    return isinstance(first, dict) and bool({"rule", "includes", "excludes"} & first.keys())


def _told(revision: Revision) -> Record:
    return {
        "kind": revision.kind,
        "number": revision.number,
        "created_at": revision.created_at,
        "note": revision.note,
        "count": len(revision.document[revision.kind]),
    }


def _refusal(kind: str, found: Sequence[Conflict]) -> str:
    told = " ".join(conflict.detail for conflict in found[:TOLD_CONFLICTS])
    more = f" And {len(found) - TOLD_CONFLICTS:,} more." if len(found) > TOLD_CONFLICTS else ""
    return f"The {kind} are in conflict: {told}{more}"
