"""What words name: brands, categories, colours, models, by the catalogue and the lexicon, and what means the same.

`gazetteer.py` learns names from the catalogue's values (`catalogue_names.py`) and its titles (`name_tagger.py`),
`entities.py` finds them in a text by units (`name_units.py`), `expansion.py` says them in other words.
"""
