"""Rules and synonyms on the command line: drafted, checked, published, rolled back, previewed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.toy_feed import Tonggan, serving
from tonggan.cli import local

COMMANDS = (
    *("list", "show", "add", "remove", "check", "preview"),
    *("import", "export", "publish", "discard", "history", "rollback"),
)
OVERRIDE = {"id": "o", "rule": {"query": "mug", "match": "exact"}, "includes": [{"id": "mug-blue", "position": 1}]}


def write(folder: Path, document: Any) -> Path:
    path = folder / "document.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_offers_json_and_quiet(tonggan: Tonggan, command: str) -> None:
    ran = tonggan("rules", command, "--help", is_on_shop=False)
    assert {"--json", "--quiet"} <= set(ran.out.split())


def test_a_rule_of_options_goes_live_by_publish(tonggan: Tonggan) -> None:
    added = tonggan("rules", "add", "--id", "mugs", "--query", "mug", "--match", "contains", "--pin", "mug-blue:1",
                    "--pin", "mug-red", "--hide", "dress-red", "--priority", 2, "--json").record  # fmt: skip
    assert added["is_new"] is True
    assert added["rules"] == [
        {
            "id": "mugs",
            "condition": {"query": "mug", "match": "contains"},
            "actions": {
                "pins": [{"id": "mug-blue", "place": 1}, {"id": "mug-red", "place": 2}],
                "hides": ["dress-red"],
            },
            "priority": 2,
        }
    ]
    assert "A draft, not published yet; live is nothing." in tonggan("rules", "list").out
    assert tonggan("rules", "export", "--json").record == {"rules": []}
    published = tonggan("rules", "publish", "--note", "autumn", "--json").record
    assert (published["number"], published["note"], published["conflicts"]) == (1, "autumn", [])
    assert tonggan("rules", "export").record == {"rules": added["rules"]}
    assert "mugs" in tonggan("rules", "list").out
    assert tonggan("rules", "show", "mugs").record == added["rules"][0]


def test_rules_come_from_typesense_and_go_back(tonggan: Tonggan, tmp_path: Path) -> None:
    ran = tonggan("rules", "import", write(tmp_path, {"overrides": [OVERRIDE]}))
    assert ran.out.splitlines() == ["The draft has 1 rules.", "Next: tonggan rules publish --note WHY"]
    exported = tonggan("rules", "export", "--form", "typesense", "--draft").record
    assert exported == {"overrides": [OVERRIDE | {"remove_matched_tokens": False, "stop_processing": True}]}
    assert tonggan("rules", "export", tmp_path / "out.json", "--draft", "--json").code == 0
    assert json.loads((tmp_path / "out.json").read_text())["rules"][0]["id"] == "o"
    assert tonggan("rules", "export", tmp_path / "out.json").code == 5


def test_conflicts_are_told_and_stop_a_publication_without_a_reason(tonggan: Tonggan, tmp_path: Path) -> None:
    other = OVERRIDE | {"id": "p", "includes": [{"id": "mug-red", "position": 1}, {"id": "gone", "position": 2}]}
    told = tonggan("rules", "import", write(tmp_path, [OVERRIDE, other])).out
    assert "conflict (same_place): 'o' pins 'mug-blue' and 'p' pins 'mug-red' to place 1." in told
    assert "conflict (unknown_product): 'p' names 'gone'" in told
    checked = tonggan("rules", "check", "--json")
    assert (checked.code, [each["kind"] for each in checked.record["conflicts"]]) == (
        5,
        ["unknown_product", "same_place"],
    )
    assert tonggan("rules", "publish", "--json").error["code"] == "conflict"
    assert tonggan("rules", "publish", "--force", "--json").error["code"] == "invalid_input"
    assert tonggan("rules", "publish", "--force", "--note", "only for the app").code == 0
    assert "only for the app" in tonggan("rules", "history").out


def test_earlier_rules_are_live_again_after_a_rollback(tonggan: Tonggan, tmp_path: Path) -> None:
    for overrides in ([OVERRIDE], []):
        tonggan("rules", "import", write(tmp_path, {"overrides": overrides}))
        tonggan("rules", "publish")
    assert tonggan("rules", "rollback", 1).out == "Revision 3 is live: what 1 was, with 1 rules.\n"
    history = tonggan("rules", "history", "--json").record["revisions"]
    assert [(each["number"], each["count"]) for each in history] == [(3, 1), (2, 0), (1, 1)]
    assert tonggan("rules", "rollback", 9).code == 4


def test_a_draft_is_edited_rule_by_rule_or_forgotten(tonggan: Tonggan, tmp_path: Path) -> None:
    rule = write(tmp_path, {"id": "a", "actions": {"hides": ["mug-red"]}})
    assert "one rule more" in tonggan("rules", "add", rule).out
    assert "replaced" in tonggan("rules", "add", rule).out
    assert tonggan("rules", "remove", "b").code == 4
    assert tonggan("rules", "remove", "a", "--json").record["rules"] == []
    tonggan("rules", "add", rule, "--quiet")
    assert tonggan("rules", "discard", "--json").record["is_changed"] is False
    assert tonggan("rules", "list", "--quiet").out == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"rules": 3}', "no list of rules"),
        ('[{"id": "a", "action": {}}]', "Unknown field 'action'"),
        ('[{"id": "\\u001b[31m", "actions": {"hides": ["x"]}}]', "control characters"),
        ('[{"id": "a", "metadata": {"x": NaN}}]', "not an object of JSON"),
        ("\xff\xfe", "is not JSON"),
    ],
)
def test_a_file_that_holds_no_rules_is_refused(tonggan: Tonggan, tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(text.encode("latin-1"))
    ran = tonggan("rules", "import", path)
    assert (ran.code, told in ran.err, len(ran.err) < 2_000) == (2, True, True), ran.err


def test_what_cannot_be_read_or_is_not_said_is_refused(tonggan: Tonggan, tmp_path: Path) -> None:
    assert tonggan("rules", "import", tmp_path / "none.json").code == 2
    assert tonggan("rules", "import", tmp_path).code == 2
    assert tonggan("rules", "add").code == 2
    assert tonggan("rules", "add", "--id", "a", "--pin", "x:0").code == 2
    assert tonggan("rules", "add", "--id", "a", "--query", "x" * 100_000, "--hide", "y").code == 2


def test_a_preview_shows_both_orders_side_by_side(tonggan: Tonggan, monkeypatch: pytest.MonkeyPatch) -> None:
    orders = {"published": ["mug-red", "mug-blue"], "draft": ["mug-blue", "dress-red", "mug-red"]}

    def search(self: object, parameters: Mapping[str, Any], *, image: object = None) -> dict[str, Any]:
        ids = orders[parameters["rules"]]
        return {"hits": [{"id": each, "product": {"title": each.upper()}} for each in ids], "found": len(ids)}

    monkeypatch.setattr(local.LocalShop, "search", search)
    told = tonggan("rules", "preview", "red", "mug")
    rows = [line.split() for line in told.out.splitlines()[3:6]]
    assert rows == [
        ["1", "MUG-RED", "(mug-red)", "MUG-BLUE", "(mug-blue)", "2"],
        ["2", "MUG-BLUE", "(mug-blue)", "DRESS-RED", "(dress-red)", "new"],
        ["3", "MUG-RED", "(mug-red)", "1"],
    ]
    assert "2 found as published, 3 with the draft." in told.out
    assert tonggan("rules", "preview", "mug", "--json").record["draft"]["found"] == 3


def test_synonyms_are_drafted_and_published(tonggan: Tonggan, tmp_path: Path) -> None:
    assert "one synonym more" in tonggan("synonyms", "add", "mug", "cup", "杯子").out
    tonggan("synonyms", "add", "kite", "--root", "lumo", "--locale", "en", "--id", "brands")
    listed = tonggan("synonyms", "list", "--json").record["synonyms"]
    assert listed == [
        {"id": "mug", "synonyms": ["mug", "cup", "杯子"]},
        {"id": "brands", "synonyms": ["kite"], "root": "lumo", "locale": "en"},
    ]
    assert tonggan("synonyms", "publish").code == 0
    assert tonggan("synonyms", "remove", "brands").code == 0
    assert tonggan("synonyms", "export").record == {"synonyms": listed}
    assert "杯子" in tonggan("synonyms", "list").out
    assert tonggan("synonyms", "add", "alone").code == 2
    assert tonggan("synonyms", "import", write(tmp_path, {"synonyms": []})).code == 0
    assert tonggan("synonyms", "publish").code == 0
    assert tonggan("synonyms", "rollback", 1, "--json").record["count"] == 2
    assert len(tonggan("synonyms", "history", "--json").record["revisions"]) == 3


def test_a_served_shop_is_changed_by_its_server(tonggan: Tonggan, tmp_path: Path) -> None:
    with serving(tonggan.shop):
        assert tonggan("rules", "import", write(tmp_path, [OVERRIDE]), "--form", "typesense").code == 0
        assert tonggan("rules", "add", "--id", "a", "--query", "mug", "--pin", "mug-red:1").code == 0
        assert tonggan("rules", "check").code == 5
        assert tonggan("rules", "publish").code == 5
        assert tonggan("rules", "publish", "--force", "--note", "so be it", "--json").record["count"] == 2
        assert tonggan("rules", "show", "a").record["condition"] == {"query": "mug", "match": "exact"}
        assert tonggan("rules", "remove", "a").code == 0
        assert len(tonggan("rules", "export", "--number", 1).record["rules"]) == 2
        assert tonggan("rules", "export", "--form", "typesense", "--draft").record["overrides"][0]["id"] == "o"
        assert tonggan("rules", "discard").code == 0
        assert tonggan("rules", "rollback", 1).code == 0
        assert tonggan("rules", "rollback", 7).code == 4
        assert tonggan("synonyms", "add", "mug", "cup").code == 0
        assert tonggan("synonyms", "publish").code == 0
    assert [each["number"] for each in tonggan("rules", "history", "--json").record["revisions"]] == [2, 1]
    assert tonggan("synonyms", "export").record == {"synonyms": [{"id": "mug", "synonyms": ["mug", "cup"]}]}
