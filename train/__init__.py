"""From a gold release to a fitted spaCy pipeline and its predictions.

tokenizer     words and the signs between them, so that no span of whole words is lost
features      a text → hashed word, stem and character n-gram features
architecture  those features and a linear layer as a spaCy architecture
docbin        examples → spaCy's DocBin, every judged label explicit
threshold     out-of-fold scores → one threshold
fast          the convex fit: no epochs, the same weights every time
stock         spaCy's own default text classifier, as the peer
fit           examples → model folder, by preset
predict       model and texts → Predictions
"""
