"""From raw articles to gold.

    ingest/       raw file → Article → Passage
    preannotate/  Passage → Prediction, by gazetteer, cues and date rules
    labelstudio/  Prediction → Label Studio task; annotators' labels → Annotation
    gold/         Annotation → GoldRecord → release with splits

The four rooms do not import each other; ``annotation.steps``,
``annotation.projects`` and ``annotation.commands`` compose them.
"""
