"""Statistics on frames, arrays and counts: no store, no engine, no chart."""
