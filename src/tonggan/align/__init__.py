"""Stage 4. In: vectors of several modalities. Out: one shared space, and the fitted `catalogue` pack.

`heads.py` is the table of maps that a pack may name, one modality each; `bridge.py` ties two modalities, by a shared
space or by ridge CCA; `senses.py` holds the encoders and bridges of one pack together; `catalogue_pack.py` fits them on
a shop's own products.
"""
