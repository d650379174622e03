"""Codebook → what annotators see.

config        the right-to-left labelling interface (XML); keys are its hotkeys, lock is what of
              it must not change in a project
instructions  what Label Studio shows before the work; howto is the part on the interface
guide         the guidelines page, Arabic and English; guide_words are its headings
templates     pages and styles
"""
