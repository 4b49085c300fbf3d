"""Stage 6. In: anything a shopper gives. Out: a Query.

`filters.py` parses the filter and sort grammar into typed trees; `words.py` turns words into weighted terms with the
help of the catalogue's own vocabulary.
"""
