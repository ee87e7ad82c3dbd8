"""The audit log in the admin: its page, and the base class of admins whose forms write it."""
