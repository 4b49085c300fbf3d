"""Stage 6. In: anything a shopper gives. Out: a Query, and what its words mean.

`filters.py` parses the filter and sort grammar into typed trees; `words.py` turns words into weighted terms with the
help of the catalogue's own vocabulary. What words mean beyond that is put together in `meaning.py`, step by step, each
to be seen in `Understanding.steps` and undone: the text is cleaned and its language told (`cleaning.py`,
`language.py`), product codes are looked up (`codes.py`), prices, stars, measures and what is not wanted become
interpretations (`quantities`), words are cut and tagged (`segmentation.py`), spelt right (`spelling`), named as brands,
categories, colours and joined by what means the same (`names`). `ambiguity.py` weighs what may mean two things by its
results, `relaxation.py` loosens what finds too little, `suggest` finishes what is being typed. `knowledge.py` is what
all of them know of one catalogue, `retail_words.py` what they know of the world.
"""
