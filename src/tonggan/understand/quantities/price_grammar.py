"""The patterns around a price: what says that a number is one, what says that it is not, what is glue."""

from __future__ import annotations

import re
from functools import lru_cache

from tonggan.understand.quantities.currencies import currency_pattern
from tonggan.understand.quantities.word_tables import any_of, rows_of

LEAST_BARE = 10
"""五块 bare is five pieces more often than a price, and 一元 is in names; from ten on it is money."""

LEAST_AFTER_NAME = 30
"""Without a currency, `iphone 11以上` and `android 8以上` count versions; greater numbers after a name are prices."""

LEAST_RANGE = 100
"""2000-3000的手机 tells prices, 18-55的镜头 a lens."""

OLDEST_CHILD = 14
"""`books for kids under 5` asks for an age, `shoes for kids under 20` hardly."""

AGES = range(40, 81)
"""`vitamins for women over 50` asks for an age."""

PAIRED = re.compile(r"and|和|与|跟|&")
"""Join the ends of a range only after `between`."""

SPANNED = re.compile("到|至|to")
"""Join the ends of a range without it."""

END = re.compile(
    r" ?(?:$|[,.;:)\]!?]|(?:and|but|for|with|in|to|under|over|below|above|or|please|by|from|more|less)(?![a-z]))"
    "|的(?!士)",
    re.ASCII,
)
"""After a number that stands alone."""

NOT_MONEY_AFTER = re.compile(
    r"[a-z/°%′'\"_#:×*]|[.,-][a-z\d]| ?(?:%|percent|off(?![a-z])|x ?\d)"
    "|(?:以[内上下])?(?:的|之?内的?)?(?:加减|口算|数学|算术|乘法|除法|认数|速算)",
    re.ASCII,
)
"""After a number without currency that is a measure, a part of something, or for pupils."""

NOT_PRICED_BEFORE = re.compile(
    r"(?:评分|评价|评论|星级|得分|尺码|尺寸|码数|内存|年龄"
    r"|(?<![a-z])(?:rated|ratings?|sizes?|ages?|aged|stars?|level|grade|no|number|part|model|pack of|set of))\.?"
    r" ?(?:of |in |在|为|是|:)?(?:高于|超过|大于|至少|不低于|over|above|at least|under|below|from|between|up to)? ?\Z",
    re.ASCII,
)
NAME_BEFORE = re.compile(r"[a-z]{2,} ?\Z", re.ASCII)
CHILD_BEFORE = re.compile(r"(?<![a-z])(?:kid|child|toddler|bab|boy|girl|infant)[a-z']* (?:of |aged? )?\Z", re.ASCII)
ADULT_BEFORE = re.compile(r"(?<![a-z])(?:wom[ae]n|men|man|adult|senior|people|person|lad(?:y|ies))[a-z']* \Z", re.ASCII)

NAMES_WITH_MONEY = re.compile(
    r"(?<=元)(?:[素旦气宝件宵器老青麦机]| ?大钞| ?硬币|店)|(?<=块)(?:[状头根茎菌]| ?拼图| ?积木|装|肥皂|香皂)"
)
"""After a number with its currency: 千元机, 100块拼图, 五元店."""

OFF_OR_GIFT = re.compile(r"(?: off| gift card| bill| coin| store)(?![a-z])|代金券|优惠券|购物卡|礼品卡")
"""After a bare price that is a reduction or in the name of a product."""

_PRICE_WORD = (
    r"(?:(?:with|on|in|at|that|which|的) ?)?(?:(?:a|an|my|the|its?) )?"
    r"(?:price range|price limit|budget|priced|prices?|pricing|costs?|costing"
    r"|预算|价格|价位|售价|价钱|单价|定价|总价|花费|花)"
    r"(?:范围|区间)?(?: ?(?:of|is|are|at|was|(?:should be)|:|=|在|是|为|控制在|大概在))?"
)
_GLUE = r"(?<![a-z])(?:for|at|only|just|要|就)(?![a-z])"
_TAIL = (
    r"(?: ?的?(?P<tail>价位|价格|预算|价钱)(?:范围|区间)?(?:内|之内)?的?"
    r"| (?P<tail_en>price range|price|budget|in price|in total|total)(?![a-z])|档位?的?| ?的(?!士)| each(?![a-z])|价)"
)


@lru_cache(maxsize=1)
def cues() -> dict[tuple[str, str], tuple[str, str]]:
    """Return, by place (`before` or `after` the number) and cue, the comparison and what the cue needs.

    It `needs` nothing; or the `end` of the phrase right after the number; or `money`: a currency or a word for price.
    """
    return {(place, cue): (comparison, needs) for cue, place, comparison, needs in rows_of("price_cues")}


@lru_cache(maxsize=2)
def before_number(*, has_currency: bool) -> re.Pattern[str]:
    """Return the pattern to search before a number: groups `priced`, `cue` and, where asked for, `mark`."""
    currency = rf"(?:{currency_pattern('mark')} ?)?" if has_currency else "(?P<mark>)"
    priced = rf"(?:(?<![a-z])(?P<priced>{_PRICE_WORD}) ?)?"
    return re.compile(rf"{priced}(?:{_GLUE} ?)?(?:(?P<cue>{_cues_at('before')}) ?(?:花|用|卖)?)?{currency}\Z", re.ASCII)


@lru_cache(maxsize=2)
def after_number(*, has_currency: bool) -> re.Pattern[str]:
    """Return the pattern to match after a number: groups `many`, `mark`, `some`, `cue`, `tail` and `tail_en`."""
    currency = rf"(?: ?{currency_pattern('mark')})?" if has_currency else "(?P<mark>)"
    cue = rf"(?: ?(?P<cue>{_cues_at('after')}))?"
    return re.compile(rf"(?P<many>多|来)?{currency}(?P<some>多)?{cue}{_TAIL}?", re.ASCII)


@lru_cache(maxsize=1)
def between_numbers() -> re.Pattern[str]:
    """Return the pattern of all that may stand between the ends of a range."""
    first, second = currency_pattern("first"), currency_pattern("second")
    return re.compile(rf" ?(?:{first} ?)?(?P<sign>-|–|—|−|~|〜|到|至|and|to|和|与|跟|&)(?: ?{second})? ?", re.ASCII)


@lru_cache(maxsize=1)
def counted_after() -> re.Pattern[str]:
    """Return the pattern of what a number counts when it is no price: units, people, years."""
    words = any_of(word for (word,) in rows_of("counted"))
    return re.compile(rf"[ -]?(?!in (?:stock|price))(?:{words})", re.ASCII)


def _cues_at(place: str) -> str:
    return any_of(cue for at, cue in cues() if at == place)
