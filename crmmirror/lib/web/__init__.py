"""Requests as all packages see them: the client's address, the body's size, direct answers, upload slots."""
