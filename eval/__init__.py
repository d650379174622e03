"""What can be concluded: agreement of annotators, scores of predictions, report pages.

counts     gold and predictions → true and false positives and negatives by group and label
bootstrap  groups resampled → 95 % intervals and paired differences
score      predictions against gold → SystemScores
spans      entity spans against entity spans
agreement  annotators against each other
compare    several systems on the same gold → ModelReport
render     a report record → one self-contained HTML page
"""
