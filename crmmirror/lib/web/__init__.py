"""Requests as all packages see them: the client's address, the body's size, answers that bypass middleware."""
