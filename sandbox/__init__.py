"""A look-alike of Twilio for work and tests: same HTTP API, signed webhooks, visible phones.

A process of its own that knows nothing of the program it serves: it speaks to it only by the
provider's protocol. No message ever leaves this machine.
"""
