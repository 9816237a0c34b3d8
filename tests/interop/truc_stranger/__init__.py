"""A client of Trục in Python, written from docs/protocol.md and schemas/ alone.
Not an SDK: no durable inbox, no bundling of what waits, no reconnecting by itself. It shows that the page is enough.
Each file is one chapter of the page; the tests beside this folder use it against a real trucd.
"""
