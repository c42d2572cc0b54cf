"""How bids become a price: pure folds over what was bid, in the order in which the server numbered it."""
