"""Prices as merchants write them, read as integers in minor units."""

from __future__ import annotations

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

from tonggan.errors import InputError
from tonggan.records import Money

UNKNOWN_CURRENCY = "XXX"
"""ISO 4217 for 'no currency': a price of a feed that names none anywhere."""

GREATEST_AMOUNT = 10**13
"""Minor units above which a price is a mistake; 100 billion dollars, and dear goods in dong or rial still pass."""

_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
MINOR_DIGITS = {code: digits for digits, codes in _DIGITS.items() for code in codes.split()}
"""Decimal places of the minor unit where they are not two [ISO 4217]."""

_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD
MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR
RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
UAH UGX USD UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XOF XPF XXX YER ZAR ZMW ZWG
"""

CURRENCIES = frozenset(_CODES.split())
"""Codes of ISO 4217 that a shop may sell in."""

_SIGNS = {
    "US$": "USD", "HK$": "HKD", "NT$": "TWD", "AU$": "AUD", "CA$": "CAD", "NZ$": "NZD", "MX$": "MXN", "A$": "AUD",
    "C$": "CAD", "S$": "SGD", "R$": "BRL", "€": "EUR", "£": "GBP", "₹": "INR", "RS": "INR", "₩": "KRW",
    "₽": "RUB", "₫": "VND", "฿": "THB", "₺": "TRY", "₴": "UAH", "₪": "ILS", "₱": "PHP", "₦": "NGN", "₸": "KZT",
    "ZŁ": "PLN", "KČ": "CZK", "LEI": "RON", "FT": "HUF", "RMB": "CNY", "人民币": "CNY", "元": "CNY", "圆": "CNY",
    "块": "CNY", "円": "JPY", "원": "KRW", "港币": "HKD", "美元": "USD", "欧元": "EUR", "日元": "JPY", "EURO": "EUR",
}  # fmt: skip

_DOLLARS = "AUD BBD BMD BND BSD BZD CAD CLP COP FJD HKD JMD MXN NZD SGD TTD TWD USD UYU XCD"

_SHARED_SIGNS = {
    "$": ("USD", frozenset(_DOLLARS.split())),
    "¥": ("CNY", frozenset({"CNY", "JPY"})),
    "KR": ("SEK", frozenset({"SEK", "NOK", "DKK", "ISK"})),
}
"""Signs that several currencies share: the usual one, and those that the shop's own currency may make it."""

_DECIMAL_COMMA = "ARS BRL CLP COP CZK DKK EUR IDR NOK PLN RON RSD RUB SEK TRY UAH VND"
_NO_PRICE = {"-", "--", "n/a", "na", "none", "null", "tbd", "tba", "call", "call for price", "price on request"} | {
    "on request", "not available", "面议", "暂无", "待定", "无"
}  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,'’]\d+| \d{3}(?!\d))*|(?<![A-Z\d])[.,]\d+")
_WORDS = re.compile(r"[A-Z]+")
_FILLERS = re.compile(r"/-|\b(?:FROM|PRICE|MRP|ONLY|ABOUT)\b|价格|售价|现价|约|起|[\s.,:+\-]")


def read_money(text: str, *, currency: str = "", default_currency: str = "") -> Money | None:
    """Return the price in a cell, or none where it says that there is none.

    The currency in the cell wins over the feed's currency column, and that over the shop's; `XXX` when none is named.
    InputError says why a cell is not a price.

    >>> read_money("1.299,00 €")
    Money(amount=129900, currency='EUR')
    """
    cell = unicodedata.normalize("NFKC", text).strip().upper()
    if not cell or cell.lower() in _NO_PRICE:
        return None
    named = known_currency(currency) or known_currency(default_currency)
    numbers = _NUMBER.findall(cell)
    if len(numbers) != 1:
        raise InputError(_why_not_one(cell, numbers), remedy="Write one number, like 15.00 USD.")
    before, after = (part.strip() for part in cell.split(numbers[0], 1))
    if before.endswith(("-", "−", "(")) or before.startswith(("-", "−", "(")):
        raise InputError("a price is never negative", remedy="Correct the amount.")
    code = _currency_in(before + " " + after, named)
    return Money(minor_units(_decimal(numbers[0], code=code, is_signed_after=_is_sign(after)), code), code)


def known_currency(code: str) -> str:
    """Return an ISO 4217 code in capitals, or nothing for nothing; InputError for a code nobody knows."""
    name = unicodedata.normalize("NFKC", code).strip().upper()
    name = _SIGNS.get(name, _SHARED_SIGNS[name][0] if name in _SHARED_SIGNS else name)
    if name and name not in CURRENCIES:
        raise InputError(f"unknown currency '{name[:20]}'", remedy="Use an ISO 4217 code such as USD, EUR or CNY.")
    return name


def minor_units(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units of the currency, halves away from zero.

    >>> minor_units(Decimal("1.5"), "KWD"), minor_units(Decimal("199"), "JPY")
    (1500, 199)
    """
    units = int(amount.scaleb(MINOR_DIGITS.get(currency, 2)).to_integral_value(ROUND_HALF_UP))
    if not 0 <= units <= GREATEST_AMOUNT:
        raise InputError("the amount is beyond any price", remedy="Correct the amount.")
    return units


def major_text(money: Money) -> str:
    """Return an amount as feeds write it.

    >>> major_text(Money(129900, "EUR"))
    '1299.00 EUR'
    """
    digits = MINOR_DIGITS.get(money.currency, 2)
    amount = f"{Decimal(money.amount).scaleb(-digits):.{digits}f}"
    return amount if money.currency == UNKNOWN_CURRENCY else f"{amount} {money.currency}"


def _why_not_one(cell: str, numbers: list[str]) -> str:
    if len(numbers) > 1:
        return "there is more than one number"
    return "not a number" if "NAN" in cell or "INF" in cell else "there is no number"


def _currency_in(cell: str, named: str) -> str:
    if not cell.strip():
        return named or UNKNOWN_CURRENCY
    codes = set(_WORDS.findall(cell)) & CURRENCIES or {code for sign, code in _SIGNS.items() if _occurs(sign, cell)}
    if len(codes) > 1:
        raise InputError("there is more than one currency", remedy="Write one, like 15.00 USD.")
    if codes:
        return codes.pop()
    for sign, (usual, possible) in _SHARED_SIGNS.items():
        if _occurs(sign, cell):
            return named if named in possible else usual
    left = _FILLERS.sub("", cell)
    if left:
        raise InputError(f"unknown currency or words '{left[:20]}'", remedy="Use an ISO 4217 code, like 15.00 USD.")
    return named or UNKNOWN_CURRENCY


def _occurs(sign: str, cell: str) -> bool:
    """Tell whether a sign stands there, and if it starts with a letter, not inside a word (`S$` is not in `US$`)."""
    if not sign[0].isascii() or not sign[0].isalpha():
        return sign in cell
    return re.search(rf"(?<![A-Z]){re.escape(sign)}(?![A-Z])", cell) is not None


def _is_sign(text: str) -> bool:
    return bool(text.strip(" .,-/"))


def _decimal(number: str, *, code: str, is_signed_after: bool) -> Decimal:
    grouped = re.sub(r"[ '’]", "", number)
    mark = _decimal_mark(grouped, code=code, is_signed_after=is_signed_after)
    whole, _, fraction = grouped.rpartition(mark) if mark else (grouped, "", "")
    groups = re.split("[.,]", whole)
    if len(groups) > 1 and (len(groups[-1]) != 3 or not all(2 <= len(group) <= 3 for group in groups[1:])):
        raise InputError("the digits are grouped in no known way", remedy="Write it plainly, like 1299.00.")
    return Decimal(f"{''.join(groups)}.{fraction or 0}")


def _decimal_mark(number: str, *, code: str, is_signed_after: bool) -> str:
    """Tell the decimal mark from the thousands separator, or find that there is none."""
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        return ""
    mark = number[last]
    other = "," if mark == "." else "."
    if number.count(mark) > 1:
        return ""
    if other in number or len(number) - last - 1 != 3 or number.startswith(("0", ".", ",")):
        return mark
    is_thousands = mark == "," or (is_signed_after and code in _DECIMAL_COMMA) or MINOR_DIGITS.get(code) == 0
    return "" if is_thousands else mark
