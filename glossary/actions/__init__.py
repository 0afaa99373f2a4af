"""The only place of this app that writes: one transaction, one order of locks, one actor.

Locks are taken in this order: senses by id, the structure of the glossary
(`steps.lock_structure`: names, addresses, relations), `SiteVersion` last.
"""
