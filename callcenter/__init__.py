"""The shared call platform: one service, several landlords, each at home."""
