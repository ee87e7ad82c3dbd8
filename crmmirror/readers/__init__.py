"""Limits what a reader, a user of the admin or of the API, takes of a process: connections, requests, time.

Everything here is in memory and counts for one process, as the readers' pool of connections does. No model
stands here; a reader who is over a limit is answered without a query.
"""
