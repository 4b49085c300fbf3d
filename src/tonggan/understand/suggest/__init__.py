"""What an unfinished query may become: queries, categories and products, by letters or pinyin.

`suggestions.py` mixes them; `completion.py` and `title_words.py` find what begins as typed (`typed.py`),
`popular_queries.py` says which queries a catalogue would be asked.
"""
