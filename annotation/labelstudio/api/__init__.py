"""Requests to a server, through faults: what is read is whole, what is written is there once.

client       a connection, and its failures as errors that say what to do; beneath it transport
             (reads are sent again) and patience (what a failure means, how long to wait)
sending      requests that write: after a failure never again before a look
lookup       projects by number or title, found again or made once
listing      the tasks of a project, none missed and none twice
idle         tasks that nobody has worked on, and their removal
snapshot     project or export file → raw tasks; task_stream reads them one by one
changes      the part of a snapshot that changed, or where somebody has worked
"""
