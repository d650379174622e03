"""The border to Label Studio: the only place that knows its formats and imports its SDK.

server      a managed local Label Studio in its own environment
accounts    annotators' accounts on it
client      a connection, and its failures as errors that say what to do
config      codebook → the right-to-left annotator interface (XML)
tasks       passage + prediction → task
push        tasks → project, each passage once
export      what Label Studio exports → annotations, every item counted
pull        project or export file → the workspace's annotations
submit      annotations → project, as their annotators
"""
