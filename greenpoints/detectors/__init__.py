"""What looks like fraud in a day of events: pure functions over columns, each with a reason code. No framework."""
