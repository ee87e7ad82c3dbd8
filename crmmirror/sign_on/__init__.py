"""The ways to log in: passwords with a second factor, OpenID Connect, a proxy's word; forgotten passwords.

Every way ends in `login.complete_login`, which makes the session and writes the audit log. Pages stand here;
what failed attempts cost is ruled by `crmmirror.login_throttle`.
"""
