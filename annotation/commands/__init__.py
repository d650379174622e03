"""The command line of this stage, a module a part of the journey.

    articles   collect, preannotate, gazetteer suggest
    server     up, down, status: the managed Label Studio
    interface  config: what annotators see
    project    push, pull: passages out, annotations back
    gold       build, release

Imports of the verbs stand inside the commands: the SDK alone takes a second, and
``miyar --help`` must not wait for it.
"""
