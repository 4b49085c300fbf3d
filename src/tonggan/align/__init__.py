"""Stage 4. In: vectors of several modalities. Out: one shared space, and the fitted `catalogue` pack.

`bridge.py` ties two modalities by ridge CCA with per-modality centring; `senses.py` holds the encoders and bridges of
one pack together; `catalogue_pack.py` fits them on a shop's own products.
"""
