"""Passages get machine predictions by rules, so that annotators correct instead of begin.

gazetteer  known entities → spans;  variants: their other spellings;  lint: what is wrong with it
names      people's names by titles and given names;  name_text: word after word;
           name_shapes, name_words: what names look like
dates      calendar expressions → spans;  calendar_words: months, weekdays, periods
cues       the codebook's cue terms → issue scores with evidence
predict    all of it → Prediction
suggest    name-like strings that nothing matches;  evidence: what speaks for a name;
           plain_words: what is none
"""
