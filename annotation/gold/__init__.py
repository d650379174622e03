"""Annotations become gold, gold becomes a release.

build    annotations → gold records, every decision with what it rests on
split    gold records → train, dev and test without an article in two of them
release  gold records → gold/vN with splits and manifest; never changed afterwards
"""
