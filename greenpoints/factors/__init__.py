"""What acts are calculated with: bases kept with results, changes of figures that two people decide on."""
