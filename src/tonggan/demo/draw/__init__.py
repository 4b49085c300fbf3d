"""Drawing of the demo shop: figures are data (`figures/*.toml`), painted with colour, pattern, light and shadow.

`outline.py` turns shapes into points, `figure.py` reads figures, `mask.py` rasterises them once per kind, `pattern.py`
and `texture.py` hold what cloth and material look like, `paint.py` composes one picture.
"""
