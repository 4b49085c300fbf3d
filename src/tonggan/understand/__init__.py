"""Stage 6. In: anything a shopper gives. Out: a Query, and what its words mean.

`filters.py` parses the filter and sort grammar into typed trees. `words.py` turns words into weighted terms with the
help of the catalogue's own vocabulary. What the words mean beyond that is found in steps, each a module and each to be
seen in `Understanding.steps`: the text is cleaned and its language told (`cleaning.py`, `language.py`), product codes
are looked up (`codes.py`), prices, stars, measures, and what is not wanted become interpretations (`prices.py`,
`stars.py`, `measures.py`, `negation.py`), words are cut and tagged (`segmentation.py`), spelt right (`spelling.py`,
`pinyin.py`), named as brands, categories, colours (`entities.py`), and joined by what means the same (`expansion.py`);
words that may mean two things are weighed (`ambiguity.py`). `knowledge.py` is what all of them know of one catalogue.
"""
