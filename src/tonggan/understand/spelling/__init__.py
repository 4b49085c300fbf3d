"""What was meant by words that the catalogue does not know: by their letters, as pinyin, by their sound.

`vocabulary.py` holds the catalogue's words, `deletions.py` finds those near a typed one, `typos.py` prices the edits
between two, `correction.py` chooses. `pinyin.py` knows how Chinese words are read, for `pinyin_reading.py` and
`homophones.py`.
"""
