"""A managed local Label Studio: one folder a server, one process a folder.

server       up and down; the way in
environment  Label Studio's own environment, and the user's folders
process      its process; launch is what runs there, under Label Studio's Python
database     SQLite or PostgreSQL by address; postgres looks at one, dumps and loads it
beginning    a first start that was interrupted is cleared
health       what `server status` says
credentials  accounts with their secrets, in files of their owner; locks between processes
backup       a server → one archive; restore brings it back, archive is its format
"""
