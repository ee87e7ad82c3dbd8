"""The state of the mirror: for load balancers, for the person on call, and for Prometheus.

It only reads, and imports from `events` what it reports on. What repairs something does not belong here.
"""
