"""An invented shop in two languages, small enough to see why a word is known or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tonggan.encode.lexicon import LexiconRow, parse_lexicon
from tonggan.encode.words import normalize, terms
from tonggan.packs.library import BUNDLED
from tonggan.records import Interpretation, Token
from tonggan.understand.spelling.correction import correct
from tonggan.understand.spelling.homophones import read_homophones
from tonggan.understand.spelling.pinyin import PinyinIndex
from tonggan.understand.spelling.pinyin_reading import read_pinyin
from tonggan.understand.spelling.vocabulary import Vocabulary

NAMES = ("Sonora", "Kelvik", "Brightwell", "Tanuki", "Orbix", "Nordhaven", "Lumiqo", "Adidas", "KX-4410B", "QNTRA")

TITLES = (
    "Sonora wireless bluetooth headphones with noise cancelling, black",
    "Sonora bluetooth speaker, waterproof, portable",
    "Sonora wired headphones with microphone",
    "Kelvik stainless steel water bottle 750 ml",
    "Kelvik insulated travel mug, stainless steel",
    "Kelvik refrigerator with freezer, stainless steel",
    "Kelvik dishwasher, stainless steel, quiet",
    "Brightwell bathroom vanity cabinet, white oak",
    "Brightwell kitchen cabinet hinge, brushed nickel",
    "Brightwell kitchen faucet, brushed nickel",
    "Brightwell shower curtain, waterproof polyester",
    "Brightwell curtain rod, brushed nickel",
    "Tanuki running shoes for women, breathable",
    "Tanuki running shoes for men, lightweight",
    "Tanuki leather boots for men, brown",
    "Tanuki leather wallet, brown",
    "Orbix gaming keyboard, mechanical switches",
    "Orbix wireless mouse, rechargeable battery",
    "Orbix gaming monitor 27 inch",
    "Orbix laptop backpack, waterproof",
    "Orbix phone case with card holder",
    "Orbix phone charger cable, usb",
    "Nordhaven wooden dining table, solid oak",
    "Nordhaven office chair, adjustable height",
    "Nordhaven bookshelf, solid oak",
    "Nordhaven mattress, memory foam",
    "Nordhaven pillow, memory foam",
    "Lumiqo ceiling light, adjustable brightness",
    "Lumiqo desk lamp, rechargeable",
    "Lumiqo outdoor lantern, solar",
    "Lumiqo light bulb, warm white",
    "Adidas training jacket for women",
    "Adidas cotton t-shirt, white",
    "Kelvik frying pan, nonstick",
    "Kelvik chocolate fondue set, china bowls",
    "Brightwell vacuum cleaner, cordless",
    "Brightwell garden hose, 15 m",
    "Tanuki yoga mat, long",
    "KX-4410B replacement filter for vacuum cleaner",
    "QNTRA espresso machine with milk frother",
    "Sonora 蓝牙耳机 无线降噪 黑色",
    "Sonora 蓝牙音箱 防水 便携",
    "蓝牙耳机保护套 硅胶",
    "头戴式耳机 有线 带麦克风",
    "手机壳 透明 硅胶 防摔",
    "手机壳 磨砂 黑色",
    "手机支架 车载",
    "手机充电器 快充",
    "红色连衣裙 女 夏季",
    "碎花连衣裙 长袖 女",
    "连衣裙 雪纺 大码",
    "长袖衬衫 男 纯棉",
    "洗衣机 全自动 家用",
    "洗衣机清洁剂",
    "电饭煲 智能 家用",
    "保温杯 不锈钢 500ml",
    "绿色 帆布鞋 女鞋",
    "运动鞋 男 透气",
    "牛仔裤 男 直筒",
    "羽绒服 女 中长款",
    "无线鼠标 静音",
    "机械键盘 游戏",
    "不粘锅 平底锅",
    "书包 小学生 防水",
    "面膜 补水 保湿",
)

_RUN = re.compile(r"[^\s,]+")
_HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")


@lru_cache(maxsize=1)
def lexicon() -> Sequence[LexiconRow]:
    return parse_lexicon((BUNDLED / "lexicon.tsv").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    return Vocabulary.learn(TITLES, names=NAMES, lexicon=lexicon())


@lru_cache(maxsize=1)
def pinyin_index() -> PinyinIndex:
    return PinyinIndex.learn(vocabulary().han())


@lru_cache(maxsize=1)
def held() -> frozenset[str]:
    return frozenset(term for title in TITLES for term in terms(title))


def is_known(word: str) -> bool:
    return terms(word)[0] in held()


def is_word(word: str) -> bool:
    return word in vocabulary() or is_known(word)


def together(words: Sequence[str]) -> int:
    return sum(all(terms(word)[0] in terms(title) for word in words) for title in TITLES)


def tokens_of(text: str) -> list[Token]:
    return [Token(match.group(), *match.span()) for match in _RUN.finditer(text)]


def is_title_part(run: str) -> bool:
    return any(run in normalize(title) for title in TITLES)


def mended(query: str) -> tuple[str, list[Interpretation]]:
    """Return the query as it is searched for, and what was read into it: pinyin, then spelling, then sound."""
    text = normalize(query)
    tokens = tokens_of(text)
    found = read_pinyin(text, tokens, pinyin_index(), is_known=is_word)
    left = [token for token in tokens if not any(each.start < token.end and token.start < each.end for each in found)]
    found += correct(text, left, vocabulary(), is_known=is_known, together=together)
    if not any(is_title_part(run) for run in _HAN_RUN.findall(text)):
        left = [token for token in left if not any(each.start < token.end and token.start < each.end for each in found)]
        found += read_homophones(text, left, pinyin_index(), is_held=is_title_part)
    found.sort(key=lambda each: each.start)
    return replaced(text, found), found


def replaced(text: str, found: Sequence[Interpretation]) -> str:
    for each in reversed(found):
        text = text[: each.start] + each.replacement + text[each.end :]
    return text
