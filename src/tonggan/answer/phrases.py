"""What reasons say, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from tonggan.records import Query

LANGUAGES = ("en", "zh")


def answer_language(query: Query) -> str:
    """Return the language in which a request is answered: the one it asks for, that of its words, or English.

    >>> answer_language(Query(language="zh-TW")), answer_language(Query())
    ('zh', 'en')
    """
    understood = query.understood.language if query.understood else ""
    return next((name for given in (query.language, understood) for name in LANGUAGES if given[:2] == name), "en")


def phrase(name: str, language: str, **values: object) -> str:
    """Return a phrase by its name, with values in their places.

    >>> phrase("matches", "zh", words="红色")
    '匹配 红色'
    """
    return PHRASES[name][language == "zh"].format(**values)


def listed(items: list[str], language: str) -> str:
    """Return several things as one text.

    >>> listed(["red", "dress"], "en"), listed(["红色", "连衣裙"], "zh")
    ('red, dress', '红色、连衣裙')
    """
    return ("、" if language == "zh" else ", ").join(items)


def kind_name(kind: str, language: str) -> str:
    """Return what a kind of entity is called; one without a name is called by its own."""
    names = _KINDS.get(kind)
    return names[language == "zh"] if names else kind


PHRASES: Mapping[str, tuple[str, str]] = {
    "matches": ("matches {words}", "匹配 {words}"),
    "stands_for": ("{word} for {asked}", "{word}（即 {asked}）"),
    "entity": ("{kind} {value}", "{kind} {value}"),
    "code": ("its code was typed", "输入的是它的编码"),
    "pinned": ("placed by the shop", "由店铺置顶"),
    "raised": ("raised by the shop", "由店铺提升"),
    "buried": ("lowered by the shop", "由店铺降低"),
    "stars": ("{mean:.1f} stars from {count:,}", "{mean:.1f} 星（{count:,} 条评价）"),
    "price:low": ("among the cheapest", "价格最低之一"),
    "price:high": ("among the dearest", "价格最高之一"),
    "rating:high": ("among the best rated", "评分最高之一"),
    "rating_count:high": ("among the most rated", "评价最多之一"),
    "discount:high": ("among the most reduced", "折扣最大之一"),
    "updated_at:high": ("among the newest", "最新之一"),
    "field:low": ("low {field}", "{field} 较低"),
    "field:high": ("high {field}", "{field} 较高"),
    "loosened": ("meets {filter}", "符合 {filter}"),
    "text": ("near in meaning {similarity:.2f}", "语义相近 {similarity:.2f}"),
    "text-shared": ("picture fits the words {similarity:.2f}", "图片符合文字 {similarity:.2f}"),
    "image": ("picture similar {similarity:.2f}", "图片相似 {similarity:.2f}"),
    "image-shared": ("words fit the picture {similarity:.2f}", "文字符合图片 {similarity:.2f}"),
    "like-image": ("looks like what was liked {similarity:.2f}", "外观像喜欢的商品 {similarity:.2f}"),
    "like-text": ("described like what was liked {similarity:.2f}", "描述像喜欢的商品 {similarity:.2f}"),
    "rating": ("near the stars asked for {similarity:.2f}", "接近所选星级 {similarity:.2f}"),
    "unpublished": ("The shop has hidden this product.", "店铺已隐藏该商品。"),
    "unpublished.remedy": ("Publish it: give it another visibility than hidden.", "将其可见性改为非 hidden。"),
    "unindexed": ("It is not in the index yet.", "该商品尚未进入索引。"),
    "unindexed.remedy": ("Wait for the import to end, or import it again.", "等待导入结束，或重新导入。"),
    "hidden": ("The request hides it.", "请求将其隐藏。"),
    "hidden.remedy": ("Take it out of hidden_hits.", "把它移出 hidden_hits。"),
    "hidden_by_rule": ("Hidden by the rule {rules}.", "被规则 {rules} 隐藏。"),
    "hidden_by_rule.remedy": ("Change that rule, or search with rules=none.", "修改该规则，或用 rules=none 搜索。"),
    "filter": (
        "The filter {condition} leaves it out: its {field} is {value}.",
        "筛选条件 {condition} 将其排除：它的 {field} 为 {value}。",
    ),
    "filter.remedy": ("Remove the filter {condition}.", "去掉筛选条件 {condition}。"),
    "understood": (
        "“{text}” was read as {condition}: its {field} is {value}.",
        "“{text}”被理解为 {condition}：它的 {field} 为 {value}。",
    ),
    "understood.remedy": ("Undo {key}.", "撤销 {key}。"),
    "rule_filter": (
        "A rule ({rules}) asks for {condition}: its {field} is {value}.",
        "规则（{rules}）要求 {condition}：它的 {field} 为 {value}。",
    ),
    "rule_filter.remedy": ("Change that rule, or search with rules=none.", "修改该规则，或用 rules=none 搜索。"),
    "nothing": ("nothing", "无"),
    "coverage": (
        "It covers {coverage:.0%} of the words and {least:.0%} is the least; it lacks {words}.",
        "它覆盖了 {coverage:.0%} 的查询词，至少需要 {least:.0%}；缺少 {words}。",
    ),
    "no_words": ("None of the words is in it: it lacks {words}.", "它不含任何查询词：缺少 {words}。"),
    "coverage.remedy": ("Add to its title: {words}.", "在标题中加入：{words}。"),
    "no_vector": ("It has no vector in the space {space}.", "它在空间 {space} 中没有向量。"),
    "no_vector.remedy": (
        "Give it what that space reads: {space} needs a picture, words or ratings.",
        "补充该空间所需的内容：{space} 需要图片、文字或评分。",
    ),
    "similarity": (
        "{channel}: its similarity is {similarity:.2f} and {floor:.2f} is the least.",
        "{channel}：相似度为 {similarity:.2f}，至少需要 {floor:.2f}。",
    ),
    "similarity.remedy": ("Describe it nearer to what is asked.", "让描述更接近查询。"),
    "not_nearest": (
        "{channel}: its similarity is {similarity:.2f}, and the last of the {count} nearest has {floor:.2f}.",
        "{channel}：相似度为 {similarity:.2f}，最接近的 {count} 件中最后一件为 {floor:.2f}。",
    ),
    "not_nearest.remedy": ("Describe it nearer to what is asked.", "让描述更接近查询。"),
    "unasked": ("Nothing that was given can be compared: {parts}.", "所给内容都无法比较：{parts}。"),
    "unasked.remedy": ("Search with words too.", "同时使用文字搜索。"),
    "grouped": (
        "Better results of its group ({field}: {value}) stand for it; {limit} of each are shown.",
        "同组（{field}：{value}）中更好的商品已代表它；每组显示 {limit} 件。",
    ),
    "grouped.remedy": ("Search without grouping.", "不分组搜索。"),
}
"""By name: English, Chinese."""

_KINDS: Mapping[str, tuple[str, str]] = {
    "brand": ("brand", "品牌"),
    "category": ("category", "类目"),
    "colour": ("colour", "颜色"),
    "material": ("material", "材质"),
    "size": ("size", "尺码"),
    "audience": ("for", "适用"),
    "pattern": ("pattern", "图案"),
    "style": ("style", "风格"),
    "attribute": ("property", "属性"),
    "model": ("model", "型号"),
}
