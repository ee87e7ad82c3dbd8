"""Logins by OpenID Connect: the client of the provider, its users and their roles, the two addresses."""
