"""What can be concluded: agreement of annotators, scores of predictions, report pages.

counts     gold and predictions → true and false positives and negatives by group and label
bootstrap  groups resampled → 95 % intervals and paired differences
score      predictions against gold → SystemScores
spans      entity spans against entity spans
agreement  annotators against each other
reference  what the others make of a passage, the annotator left out
tallies    counts by article and side → ratios and their change, with intervals
arms       the assisted and the blind arm side by side
sway       answers against predictions, in sight or not
assistance both together → AssistanceReport
latent     votes → who is right how often, without knowing the truth
rates      the same with intervals
quality    annotators one by one → QualityReport
skips      rejects of pulls → tasks skipped
conclude   reports on annotators → sentences
tables     reports on annotators → tables for the terminal
compare    several systems on the same gold → ModelReport
render     a report record → one self-contained HTML page
"""
