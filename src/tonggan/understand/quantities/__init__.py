"""Numbers and wishes in words: prices, stars, measures, what is preferred and what is not wanted.

`interpretations.py` runs the readers (`prices.py`, `stars.py`, `wishes.py`, `negation.py`) and settles what two of them
claim; `measures.py` says measures in other words; what people write is data, in `words/`.
"""
