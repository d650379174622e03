"""Passages get machine predictions by rules, so that annotators correct instead of begin.

gazetteer  known entities → spans
dates      calendar expressions → spans
cues       the codebook's cue terms → issue scores with evidence
predict    all of it → Prediction
"""
