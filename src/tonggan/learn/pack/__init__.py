"""`learn pack`: the default pack rebuilt from data, one part at a time, with its card.

Pictures: `picture_sets.py` reads sets of pictures with words and licences, `mobilenet.py` is the network and takes the
teacher's weights, `picture_training.py` tunes it, `picture_export.py` writes it down as ONNX. Everything here needs the
extra `train`.
"""
