"""What people see of a run: the console while it trains, the closing words, and the page with its pictures."""
