"""What every room stands on: database, isolation, clock, phone numbers, audit, queues."""
