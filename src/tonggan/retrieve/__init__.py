"""Stage 7. In: a Query and a View. Out: the result set: which products, in which order, and why.

Each channel asks one question of the index (`channels.py`); their candidates are merged into one score (`merge.py`).
Which products belong to the set depends on the query alone, never on the filters, so that counts, facets and pages
agree exactly (`result_set.py`, `facets.py`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How candidates are found and merged; `[retrieval]` of shop.toml.

    The four channel weights share out the score of a text query and of each further thing the shopper gave.
    """

    words_weight: float = 0.7
    """BM25F in a text query: it leans on words, as a merge without labels should [Bruch 2023]."""

    text_weight: float = 0.3
    """Nearness in meaning in a text query. With the default pack .15, .25, .35, .45 and .55 gave recall@100 of .808,
    .810, .814, .813 and .811 on Home Depot (words alone .803), and nDCG@10 of .746, .752, .747, .747 and .741 on
    Icecat (words alone .746)."""

    code_text_weight: float = 0.05
    """The same where the words hold a product's code. Home Depot, 44 such queries, recall@10 and @100 by the share of
    `text`: 0 .533, .786; .1 .533, .763; .3 .525, .763; .5 .499, .758."""

    description_text_weight: float = 0.7
    """The same where the words describe rather than name. Home Depot, 308 such queries, recall@10 and @100 by the share
    of `text`: 0 .571, .877; .3 .594, .880; .5 .607, .881; .6 .602, .871; for 648 names it is flat from .3 to .5."""

    phrase_weight: float = 0.1
    """Words of the query that stand together in the title. Chosen on 500 queries of Home Depot, where nDCG@10 rose from
    .420 to .426 at .1, .15 and .2; on 800 others it rose from .404 to .411, .413 and .414."""

    shared_weight: float = 0.1
    """Words against pictures (and the reverse) where the bridge is on."""

    coverage_weight: float = 0.5
    """Share of the words' score that scales with the part of the query covered.

    nDCG@10 on Icecat was .722 at 0, .747 here and .746 at 1.
    """

    rating_weight: float = 0.3
    """Closeness to the stars asked for, beside other things the shopper gave."""

    preference_weight: float = 0.3
    """A wish such as `cheap` beside the words: as much as nearness in meaning, so that it orders what fits."""

    loosened_weight: float = 1.0
    """Meeting a filter that was loosened for want of results: as much as all words, so that what meets it leads."""

    minimum_coverage: float = 0.5
    """Products that cover less of a text query are left out, unless few cover more; .35 to .65 gave the same recall."""

    few_matches: int = 100
    """So many of the best covered products belong to the set at least, however little of the query they cover."""

    nearest_added: int = 100
    """Nearest products that join a text query's word matches: semantic matches without a common word."""

    nearest_similarity: float = 0.35
    """Cosine under which a nearest product does not join the set, so that it does not fill up with chance."""

    depth: int = 200
    """Candidates that are scored by every channel; what follows is ordered by the leading one alone."""
