"""The agenda: appointments and tasks by day, and the rules of what is due that the first page shares.

It is about particular entities, so their models are named here. Only reads, and only what the viewer sees;
imports what the rest of `entities.admin` imports.
"""
