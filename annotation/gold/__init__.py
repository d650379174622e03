"""Annotations become gold, gold becomes a release.

voices   annotations → for each passage, who has a vote and whose word decides
decide   the rules by which answers become decisions
build    annotations → gold records, every decision with what it rests on
disputes annotations → what the rules leave open, and who said what
split    gold records → train, dev and test without an article in two of them
release  gold records → gold/vN with splits and manifest; never changed afterwards
"""
