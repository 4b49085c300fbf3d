"""Claims of the default pack, a function each in `texts.py`, `pictures.py` and `across.py`; `trial.py` is what they share."""
