"""Conversations as staff read them: one page for each, their list, and the links to them from records.

Which messages make up a conversation stands in `Record.conversation_rule`.
"""
