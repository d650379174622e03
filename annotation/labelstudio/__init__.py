"""The border to Label Studio: the only place that knows its formats and imports its SDK.

server      a managed local Label Studio in its own environment: up, down; beneath it
            environment, process, launch (its process), locks, credentials, database, postgres,
            beginning (a first start that was interrupted), health (status)
backup      a managed server → one archive; restore brings it back, archive is its format
accounts    annotators' accounts; signup makes them by the pages that people use
client      a connection, and its failures as errors that say what to do; beneath it transport
            (reads are asked again) and patience (what a failure means, how long to wait)
sending     requests that write: after a failure never again before a look
lookup      projects by number or title, found again or made once
listing     the tasks of a project, none missed and none twice
config      codebook → the right-to-left annotator interface (XML)
tasks       passage + prediction → task
push        tasks → project, each passage once; settle mends what the server did twice or forgot
export      what Label Studio exports → annotations, every item counted
pull        project or export file → the workspace's annotations
submit      annotations → project, as their annotators
adjudicate  the adjudicators' project; adjudication_config is its interface, _tasks what goes
            into it, _export what comes back
"""
