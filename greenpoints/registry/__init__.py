"""From grams to registry units: methods, entrustments, batches, blocks of serial numbers, what holders do with them."""
