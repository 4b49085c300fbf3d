from __future__ import annotations

from pathlib import Path

from cli.toy_feed import Tonggan


def test_a_shop_too_small_to_learn_from_is_told_so_and_stays(tonggan: Tonggan) -> None:
    ran = tonggan("learn", "align", "--stage", 0, "--json")
    assert ran.code == 0
    assert ran.record["is_changed"] is False
    assert ran.record["comparisons"] == []
    assert any("too few" in remark for remark in ran.record["remarks"])
    assert "answers as before" in tonggan("learn", "align", "--stage", 0).out


def test_versions_are_listed_and_the_present_one_can_be_used_again(tonggan: Tonggan) -> None:
    (version,) = tonggan("learn", "align", "--versions", "--json").record["versions"]
    assert version["is_used"] is True
    assert version["version"][:12] in tonggan("learn", "align", "--versions").out
    assert tonggan("learn", "align", "--use", version["version"][:8], "--json").record == {
        "version": version["version"]
    }


def test_what_is_not_there_is_told(tonggan: Tonggan, tmp_path: Path) -> None:
    assert tonggan("learn", "align", "--use", "zzz").code == 4
    assert tonggan("learn", "align", "--pairs", tmp_path / "none.csv").code == 4
    assert tonggan("learn", "align", "--shop", tmp_path / "none", is_on_shop=False).code == 4
    assert tonggan("learn", "align", "--stage", 7).code == 2
