"""The adjudicators' project: disputed passages, the annotators' answers side by side.

project  found again, or made
config   its interface
tasks    dispute → task, each answer a prediction of its own, the merged one the default
export   what comes back → annotations that say what they decide, and why
"""
