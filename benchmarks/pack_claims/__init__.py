"""Claims of the default pack: `texts.py`, `pictures.py` and `across.py` have a function each; `trial.py` is shared."""
