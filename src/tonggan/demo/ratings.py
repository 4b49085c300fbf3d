"""Stars and reviews: a histogram first, so that mean, count and the written reviews agree with it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tonggan.demo.vocabulary import Vocabulary

UNRATED_SHARE = 0.04
"""Some products are new; rare enough that the shop does not look empty."""

MEDIAN_COUNT, COUNT_SPREAD = 60, 1.5
"""Numbers of ratings are log-normal, as in real shops: most have tens, a few thousands."""

MOST_RATINGS = 5000
"""Beyond this a histogram takes long to draw and says nothing new."""

QUALITIES = (
    (0.02, 0.02, 0.06, 0.25, 0.65),
    (0.03, 0.05, 0.12, 0.35, 0.45),
    (0.06, 0.10, 0.22, 0.34, 0.28),
    (0.18, 0.17, 0.25, 0.22, 0.18),
)
"""Shares of one to five stars: loved, liked, middling, poor."""

QUALITY_SHARES = (0.42, 0.36, 0.16, 0.06)
"""How many products are of each quality."""

MOST_REVIEWS = 3
"""Written reviews per product."""


@dataclass(frozen=True, slots=True)
class Review:
    """What one shopper wrote."""

    shopper: str
    stars: int
    language: str
    text: str


def draw_histogram(random: Random) -> tuple[int, ...]:
    """Draw counts of one to five stars, or nothing for a product that nobody has rated."""
    if random.random() < UNRATED_SHARE:
        return ()
    shares = random.choices(QUALITIES, QUALITY_SHARES)[0]
    count = min(MOST_RATINGS, max(1, round(MEDIAN_COUNT * random.lognormvariate(0, COUNT_SPREAD))))
    stars = random.choices(range(5), shares, k=count)
    return tuple(stars.count(star) for star in range(5))


def mean_of(histogram: tuple[int, ...]) -> float:
    """Mean number of stars to two decimals; the histogram is not empty.

    >>> mean_of((0, 0, 0, 1, 1))
    4.5
    """
    return round(sum((star + 1) * count for star, count in enumerate(histogram)) / sum(histogram), 2)


def draw_reviews(random: Random, histogram: tuple[int, ...], *, vocabulary: Vocabulary, **slots: str) -> list[Review]:
    """Draw a few written reviews whose stars the histogram has; slots end in `_en` and `_zh`."""
    votes = [star + 1 for star, count in enumerate(histogram) for _ in range(min(count, 20))]
    shoppers = random.sample(vocabulary.shoppers, k=MOST_REVIEWS)
    chosen = random.sample(votes, k=min(len(votes), random.randint(0, MOST_REVIEWS)))
    return [
        _review(random, stars, shopper=shopper, vocabulary=vocabulary, slots=slots)
        for stars, shopper in zip(chosen, shoppers, strict=False)
    ]


def _review(random: Random, stars: int, *, shopper: str, vocabulary: Vocabulary, slots: dict[str, str]) -> Review:
    text = random.choice(vocabulary.reviews[stars])
    language = "zh" if any(ord(letter) > 0x2E80 for letter in shopper) else "en"
    sentence = text.chinese if language == "zh" else text.english
    named = {"name": slots[f"name_{language}"], "brand": slots[f"brand_{language}"]}
    return Review(shopper, stars, language, sentence.format(**named))
