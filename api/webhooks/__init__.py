"""Webhooks: what happens in the graph and to decisions, sent to who subscribed, lost by nobody."""
