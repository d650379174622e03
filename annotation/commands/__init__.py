"""The command line of this stage, a module a part of the journey.

    articles   collect, preannotate, gazetteer suggest
    server     up, down, status, backup, restore: the managed Label Studio
    annotators add, list, link: accounts
    interface  config: what annotators see
    project    push, pull: passages out, annotations back
    adjudicate push, status, pull: disputes to an adjudicator, decisions back
    gold       build, release

Imports of the verbs stand inside the commands: the SDK alone takes a second, and
``miyar --help`` must not wait for it.
"""
