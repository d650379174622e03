"""The border to Label Studio: the only place that knows its formats and imports its SDK.

managed/       a local server in its own environment: up, down, status, backup, restore
api/           requests to a server, through faults
interface/     codebook → what annotators see: interface, instructions, guidelines
adjudication/  the adjudicators' project

accounts     annotators' accounts; signup makes them by the pages that people use
project      the project of a workspace: found again or made, locked to its codebook
tasks        passage + prediction → task
push         tasks → project, each passage once; settle mends what the server did twice or forgot
predictions  a newer model's predictions → tasks that are there already
mirror       our own copy of what was pushed
export       what Label Studio exports → annotations, every item counted; foreign reads tasks and
             annotations of any form, regions what is marked in them
pull         annotations → the workspace; given is what a project held at the pull before
submit       annotations → project, as their annotators
progress     how far annotators have come
carry        work under an earlier codebook → project of the new one; again is what annotators
             see of it
"""
