"""From recorded grams to registry units: the figures in force, the arithmetic, serial numbers, claims. No framework."""
