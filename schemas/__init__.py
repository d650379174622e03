"""What the stages share: records, text and offsets, the codebook, errors, files, the ledger.

Imports nothing of the other packages; every stage imports from here.

    errors     exit codes and the error tree
    record     the base of all records; content ids
    jsonl      reading and atomic writing of record files
    text       folding with an offset map; word and span edges
    sentences  lines and sentences as offsets
    stops      whether a stop ends a sentence
    lexicon    many forms in a text at once, at word edges, proclitics seen through
    cues       a codebook's cue terms in a text
    codebook   issues, entity types, guidelines; the hash that locks them
    article    Article, Passage, Span
    annotation Prediction (machine), Annotation (human)
    gold       GoldRecord, splits, release manifest
    dataset    a release or a team's own JSONL → examples to train and score on
    ledger     reason codes; every item ends in one counted state
    report     the numbers that the evaluation pages show
    workspace  where things stand in a workspace folder
    console    how commands speak; errors become exit codes
    options    command line options that stages share
"""
