"""What residents decide for themselves: goals, circles to compare with, closing the account."""
