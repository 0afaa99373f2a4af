"""The only place of this app that writes: one transaction, one order of locks, one actor.

Locks are taken in this order: a member, threads by id, posts by id,
`SiteVersion` last.
"""
