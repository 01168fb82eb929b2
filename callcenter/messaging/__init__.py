"""Messages to tenants and their answers: templates, outbox, receipts, opt-out."""
