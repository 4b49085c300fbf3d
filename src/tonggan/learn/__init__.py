"""Stage: events and judgments -> new weights. In: what a shop has, cached vectors first. Out: a new pack, measured.

Whatever is learnt is compared with what serves now on products that it has not seen, and used only where it wins.
`alignment.py` learns a shop's own spaces (stage 0 and 1) and reports before and after; `heads.py` is the training of
stage 1, the only file of it that needs torch; `pairs.py` gathers the pairs; `relevance.py` learns when an
answer is no good, `tune.py` the settings of retrieval; `pack/` rebuilds the packs that ship.
"""
